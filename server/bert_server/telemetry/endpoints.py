"""The names under which requests are counted: as many as there are routes, whatever paths are asked for."""

from collections.abc import Iterable, Mapping

from starlette.routing import compile_path


class Endpoints:
    """Made of route paths, which may have parameters, as in `/v2/models/{name}/infer`."""

    def __init__(self, paths: Iterable[str]) -> None:
        paths = tuple(paths)
        self._plain = {path: path for path in paths if "{" not in path}
        self._patterns = [(compile_path(path)[0], path) for path in paths if "{" in path]

    def label(self, path: str) -> str | None:
        """The route's path; None if none of the routes is meant."""
        return self.find(path)[0]

    def find(self, path: str) -> tuple[str | None, Mapping[str, str]]:
        """The route's path and the values of its parameters; None and nothing if none of the routes is meant."""
        label = self._plain.get(path)
        if label is not None:
            return label, {}
        for pattern, route in self._patterns:
            match = pattern.match(path)
            if match is not None:
                return route, match.groupdict()
        return None, {}
