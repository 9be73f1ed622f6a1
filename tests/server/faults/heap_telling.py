"""ASGI middleware that tells, at /heap, how many objects a full garbage collection walks, and how many it leaves."""

import gc

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


def heap_telling(app: ASGIApp) -> ASGIApp:
    async def tell_or_pass(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/heap":
            told = {"walked": len(gc.get_objects()), "left": gc.get_freeze_count()}
            await JSONResponse(told)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return tell_or_pass
