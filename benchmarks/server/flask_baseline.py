"""The obvious service: Flask, and the fill-mask pipeline of `transformers` in fp32 with torch's own choice of threads.

Made as well as it can be without becoming another design: HTTP/1.1 with connections kept, no Nagle delay, a model
that is warmed up before the port opens, and a thread for each connection (one call of the pipeline at a time was not
faster).
"""

import argparse
from typing import Any

from flask import Flask, jsonify, request
from transformers import pipeline
from werkzeug.serving import WSGIRequestHandler, make_server

MASK = "[MASK]"


class KeepingConnections(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A line for each request would only slow it."""


def create_app(checkpoint: str) -> Flask:
    fill_mask = pipeline("fill-mask", model=checkpoint)
    fill_mask(f"今天天气很{MASK}。")
    app = Flask(__name__)

    @app.post("/fill-mask")
    def predict() -> Any:
        asked = request.get_json()
        candidates = fill_mask(asked["text"], top_k=asked["top_k"])
        return jsonify(result=[{"token": each["token_str"], "score": each["score"]} for each in candidates])

    @app.get("/ready")
    def ready() -> Any:
        return jsonify(status="ready")

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    app = create_app(arguments.checkpoint)
    make_server("127.0.0.1", arguments.port, app, threaded=True, request_handler=KeepingConnections).serve_forever()


if __name__ == "__main__":
    main()
