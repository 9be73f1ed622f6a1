"""Clients that wait for permission before they send a body (`Expect: 100-continue`)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class UnreadBodies:
    """ASGI middleware, the outermost: an answer before the expected body was asked for is the connection's last.

    The client may now send its body, or not: only a new connection tells the next request from it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not any(name == b"expect" for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        was_asked_for = False

        async def asking_receive() -> Message:
            nonlocal was_asked_for
            was_asked_for = True
            return await receive()

        async def closing_send(message: Message) -> None:
            if message["type"] == "http.response.start" and not was_asked_for:
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._app(scope, asking_receive, closing_send)
