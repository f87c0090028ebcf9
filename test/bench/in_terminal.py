"""A terminal for one program: `python3 in_terminal.py COLUMNS ROWS PROGRAM [ARGUMENT ...]`.

Our stdin is its keyboard, what it draws is our stdout, byte for byte, so that the caller can count the bytes and stop
the time; the first line on stderr is its process id. It goes when our stdin ends, and we go when it does.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

columns, rows = int(sys.argv[1]), int(sys.argv[2])
child, master = pty.fork()
if child == 0:
    # Before the program starts: it must never see another size.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])
os.write(2, f"{child}\n".encode())

watched = [0, master]
while master in watched:
    readable, _, _ = select.select(watched, [], [])
    if master in readable:
        try:
            drawn = os.read(master, 65536)
        except OSError:  # EIO: the program has ended
            break
        view = memoryview(drawn)
        while view:
            view = view[os.write(1, view) :]
    if 0 in readable:
        typed = os.read(0, 65536)
        if not typed:
            break
        os.write(master, typed)

os.close(master)
for name in (signal.SIGTERM, signal.SIGKILL):
    try:
        os.kill(child, name)
    except ProcessLookupError:
        break
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0] == child:
            sys.exit(0)
        time.sleep(0.02)
