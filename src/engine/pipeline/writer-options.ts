/** What a client's writers are told about the call they answer. */
import type { Exchange } from "../../base/exchange.ts";
import type { WriterOptions } from "../formats/format.ts";
import type { HubRequest } from "../hub/request.ts";
import type { ClientCall } from "./read-client.ts";
import type { Tools } from "./tools.ts";

export function writerOptionsFor(
  tools: Tools,
  exchange: Exchange,
  call: ClientCall,
  request: HubRequest,
  usageBuffer: number,
): WriterOptions {
  return {
    model: request.model,
    request,
    usageBuffer,
    fallbackId: exchange.tap.id,
    createdAt: Math.floor(tools.clock.now() / 1000),
    target: call.target,
    ...(call.variant === null ? {} : { variant: call.variant }),
  };
}
