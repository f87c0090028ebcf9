/**
 * One try as the request log keeps it. The try reports its requests and replies to the flow anyway; while the log is on it
 * listens there. While it is off nothing is made and nothing is wrapped.
 */
import type { CapturedHead, FlowTap } from "../../base/flow.ts";
import type { HttpReply } from "../../base/http.ts";
import { type CallLog, noCallLog } from "../../base/request-log.ts";
import type { AttemptInput } from "./attempt.ts";

/** The first two stages are known as soon as it is clear whom to ask. */
export function openCallLog(input: AttemptInput): CallLog {
  const { tools, exchange, call, provider, account, model, remedy } = input;
  if (tools.requestLog?.enabled !== true) return noCallLog;
  const source = call.format.id;
  const log = tools.requestLog.open({
    source,
    target: provider.format,
    model: call.model ?? model,
    at: tools.clock.now(),
  });
  const { method, scheme, host, target, headers, client } = exchange;
  log.stage("1_req_client", () => ({ method, url: `${scheme}://${host}${target}`, headers, body: call.body }));
  log.stage("2_req_source", () => ({
    client,
    format: source,
    operation: call.operation,
    model: call.model,
    stream: call.stream,
    target: { provider: provider.id, account: account?.name ?? null, model, format: provider.format },
    remedy,
    body: call.value,
  }));
  return log;
}

/** The flow's tap, with the upstream sides written down as well. */
export function loggedTap(tap: FlowTap, log: CallLog): FlowTap {
  let asked: CapturedHead = { line: "", headers: [] };
  return {
    id: tap.id,
    tell: (fact) => tap.tell(fact),
    head(side, head) {
      tap.head(side, head);
      if (side === "upstream-request") asked = head;
      if (side === "upstream-reply") log.replyHead({ status: Number(head.line), headers: head.headers });
    },
    chunk(side, bytes) {
      tap.chunk(side, bytes);
      if (side === "upstream-reply") log.append("5_res_provider", bytes);
      if (side !== "upstream-request") return;
      const { headers } = asked;
      const [method, url] = asked.line.split(" ", 2);
      log.stage("4_req_target", () => ({ method, url, headers, body: bytes }));
    },
  };
}

/** The reply with its bytes written down on their way to the client; the log ends with them. */
export function loggedReply(reply: HttpReply, log: CallLog): HttpReply {
  const end = <T>(value: T): T => {
    log.end();
    return value;
  };
  return {
    ...reply,
    body: {
      [Symbol.asyncIterator]() {
        const inner = reply.body[Symbol.asyncIterator]();
        return {
          async next() {
            try {
              const step = await inner.next();
              if (step.done === true) return end(step);
              log.append("7_res_client", step.value);
              return step;
            } catch (error) {
              log.end();
              throw error;
            }
          },
          async return() {
            log.end();
            return (await inner.return?.()) ?? { done: true, value: undefined };
          },
        };
      },
    },
  };
}
