# Starts the workers on a socket that names its protocol: asyncio disables Nagle's algorithm for such sockets
# only. With Nagle's algorithm, a response in two parts waits up to 40 ms for an acknowledgement.
import os
import socket

import uvicorn
from uvicorn.supervisors import Multiprocess

if __name__ == "__main__":
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(os.environ["PORT"])))
    listener.set_inheritable(True)
    config = uvicorn.Config("main:app", workers=2, log_level="warning")
    Multiprocess(config, target=uvicorn.Server(config).run, sockets=[listener]).run()
