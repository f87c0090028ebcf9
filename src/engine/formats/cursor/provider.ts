/** Cursor as a back end: its agent service, as docs/formats/cursor.md has it. Answers are streams, whatever was asked. */
import { own, parseJson } from "../../../base/json.ts";
import type { ProviderSide } from "../format.ts";
import { classify } from "../classify.ts";
import { readConnectError } from "./upstream/error-in.ts";
import { writeRequest } from "./upstream/request-out.ts";
import { createStreamReader } from "./upstream/stream-in.ts";

export const provider: ProviderSide = {
  writeRequest,
  streamReader: createStreamReader,
  readReply: () => ({
    ok: false,
    error: { kind: "protocol", message: "Cursor answered with JSON instead of a stream" },
  }),
  readError(status, headers, body, now) {
    const parsed = parseJson(Buffer.from(body).toString("utf8"));
    const value = parsed.ok ? parsed.value : undefined;
    const error = own(value, "error") ?? value;
    if (typeof own(error, "code") === "string") return readConnectError(error, status);
    // What the load balancer of its agent hosts says to HTTP/1.1 (reported by two, 2026).
    const message = status === 464 ? "Cursor's agent hosts take HTTP/2 only" : `Cursor answered ${status}`;
    return classify({ status, headers, codes: [], message, body: value, ...(now === undefined ? {} : { now }) });
  },
};
