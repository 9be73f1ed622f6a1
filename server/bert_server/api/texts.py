"""One text or several in a request: `text` or `texts`."""

from msgspec import UNSET, UnsetType

from bert_server.api.problems import unprocessable


class Texts:
    """What was asked for in two fields of which exactly one must be given, and where each text came from."""

    def __init__(
        self, one: str | UnsetType, many: list[str] | UnsetType, *, names: tuple[str, str], limit: int
    ) -> None:
        """`names` are those of the two fields; `limit` holds for the number of texts. Raises ProblemError (422)."""
        self._one_name, self._many_name = names
        if (one is UNSET) == (many is UNSET):
            how = "is missing; send it, or" if one is UNSET else "was sent together with"
            raise unprocessable("invalid-request", f"{names[0]} {how} {names[1]}", {"field": names[0]})
        self.is_one = one is not UNSET
        self.all: list[str] = [one] if isinstance(one, str) else many or []
        if not self.all:
            raise unprocessable("no-texts", f"{names[1]} is empty; send at least one", {"field": names[1]})
        if len(self.all) > limit:
            raise unprocessable(
                "too-many-texts",
                f"{names[1]} holds {len(self.all)}, at most {limit} are taken in one request; send several",
                {"field": names[1], "limit": limit, "actual": len(self.all)},
            )

    def field(self, index: int) -> str:
        """Where the text with this index in `all` was in the request."""
        return self._one_name if self.is_one else f"{self._many_name}[{index}]"
