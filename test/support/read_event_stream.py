"""Reads an AWS event stream from stdin as strictly as botocore does and prints its frames as JSON.

Format: Smithy's specification of `application/vnd.amazon.eventstream`. Anything wrong is told on stderr with exit code 1.
"""

import base64
import json
import struct
import sys
import zlib

MAX_HEADERS = 128 * 1024
MAX_PAYLOAD = 24 * 1024 * 1024
FIXED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


class Refused(Exception):
    pass


def read_headers(block):
    headers = {}
    at = 0

    def take(count):
        nonlocal at
        if at + count > len(block):
            raise Refused("a header runs over the end of its block")
        piece = block[at : at + count]
        at += count
        return piece

    while at < len(block):
        name = take(take(1)[0]).decode("utf-8")
        if name == "":
            raise Refused("a header has no name")
        if name in headers:
            raise Refused("header %s comes twice" % name)
        kind = take(1)[0]
        if kind in (6, 7):
            (length,) = struct.unpack("!H", take(2))
            if length > 32767:
                raise Refused("header %s is too long" % name)
            value = take(length)
            headers[name] = value.decode("utf-8") if kind == 7 else base64.b64encode(value).decode()
        elif kind in FIXED:
            headers[name] = take(FIXED[kind]).hex()
        else:
            raise Refused("header %s has type %d" % (name, kind))
    return headers


def read_frames(data):
    at = 0
    while at < len(data):
        if len(data) - at < 16:
            raise Refused("the stream ends inside a frame")
        total, headers_length, prelude_crc = struct.unpack("!III", data[at : at + 12])
        if zlib.crc32(data[at : at + 8]) & 0xFFFFFFFF != prelude_crc:
            raise Refused("prelude checksum")
        payload_length = total - headers_length - 16
        if headers_length > MAX_HEADERS or not 0 <= payload_length <= MAX_PAYLOAD:
            raise Refused("lengths out of bounds")
        frame = data[at : at + total]
        if len(frame) < total:
            raise Refused("the stream ends inside a frame")
        (crc,) = struct.unpack("!I", frame[-4:])
        if zlib.crc32(frame[:-4]) & 0xFFFFFFFF != crc:
            raise Refused("message checksum")
        headers = read_headers(frame[12 : 12 + headers_length])
        if headers.get(":message-type") not in ("event", "exception", "error"):
            raise Refused("no message type")
        payload = frame[12 + headers_length : -4].decode("utf-8")
        body = json.loads(payload)
        # Half a character passes json.loads, and nothing that has to write it as UTF-8.
        json.dumps(body, ensure_ascii=False).encode("utf-8")
        yield {"headers": headers, "payload": body}
        at += total


try:
    print(json.dumps(list(read_frames(sys.stdin.buffer.read()))))
except (Refused, UnicodeError, ValueError) as why:
    print("%s: %s" % (type(why).__name__, why), file=sys.stderr)
    sys.exit(1)
