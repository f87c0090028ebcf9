/**
 * One request to one provider: credential added, addressed to that provider's own origin, shown to the flow. Redirects
 * are not followed, so a key cannot be led elsewhere.
 */
import type { FlowTap } from "../../base/flow.ts";
import { bodyOf, type HeaderPairs, type HttpReply } from "../../base/http.ts";
import type { Credential } from "../accounts/credential.ts";
import type { Provider } from "../providers/provider.ts";
import type { Tools } from "./tools.ts";
import type { UpstreamCall } from "./upstream-call.ts";

export async function sendTo(
  tools: Tools,
  tap: FlowTap,
  provider: Provider,
  credential: Credential | null,
  call: UpstreamCall,
  signal: AbortSignal,
): Promise<HttpReply> {
  const bound = credential === null ? null : (provider.originFor?.(credential.facts) ?? null);
  const { scheme, host, port, authority } = bound ?? provider.origin;
  const headers: HeaderPairs = [
    ["host", authority],
    ...call.headers,
    // Streams must be readable as they come, and Node 20 cannot unpack everything clients accept.
    ["accept-encoding", "identity"],
    ...(credential === null ? [] : provider.authorize(credential)),
    ["content-length", String(call.body.byteLength)],
  ];
  tap.head("upstream-request", { line: `POST ${scheme}://${authority}${call.target}`, headers });
  tap.chunk("upstream-request", call.body);
  const reply = await tools.send({
    method: "POST",
    scheme,
    host,
    port,
    target: call.target,
    headers,
    body: bodyOf(call.body),
    signal,
  });
  if (reply.connected !== undefined) tap.tell({ type: "connected", ...reply.connected });
  tap.head("upstream-reply", { line: String(reply.status), headers: reply.headers });
  return reply;
}
