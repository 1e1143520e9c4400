"""Serves one third-party tus server at a free port of the loopback interface, and prints the port.

usage: serve.py resumable-upload|tuspyserver FOLDER
"""

import os
import socket
import sys


def announce(port):
    print(port, flush=True)


def resumable_upload(folder):
    from http.server import ThreadingHTTPServer

    from resumable_upload import SQLiteStorage, TusHTTPRequestHandler, TusServer

    class Handler(TusHTTPRequestHandler):
        tus_server = TusServer(
            storage=SQLiteStorage(db_path=f"{folder}.db", upload_dir=folder),
            base_path="/files",
        )

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    announce(server.server_port)
    server.serve_forever()


def tuspyserver(folder):
    import uvicorn
    from fastapi import FastAPI

    from tuspyserver import create_tus_router

    app = FastAPI()
    app.include_router(create_tus_router(prefix="files", files_dir=folder))
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    announce(listener.getsockname()[1])
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    kind, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    {"resumable-upload": resumable_upload, "tuspyserver": tuspyserver}[kind](folder)
