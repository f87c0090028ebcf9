/**
 * Cache breakpoints of a request to Claude: at most four over tools, system and messages, and none with a longer life
 * after one with a shorter. The client's own marks win; where there are none and tools make an agent's loop likely,
 * the fixed head and the latest turn are marked, or every turn would be paid in full again.
 */
import type { WireBlock, WireCacheControl, WireMessage } from "./wire.ts";

export interface Cacheable {
  readonly tools: readonly Readonly<Record<string, unknown>>[];
  readonly system: readonly WireBlock[];
  readonly messages: readonly WireMessage[];
}

const maxMarks = 4;

export interface SettledMarks extends Cacheable {
  readonly dropped: number;
}

export function settleCacheMarks(request: Cacheable): SettledMarks {
  const total = countMarks(request);
  if (total === 0) return { ...(request.tools.length > 0 ? withOwnMarks(request) : request), dropped: 0 };
  let left = maxMarks;
  let sawShort = false;
  const settle = <Block extends Readonly<Record<string, unknown>>>(block: Block): Block => {
    // Blocks are built here or come from the client as plain JSON; the field has no other writer.
    const mark = block["cache_control"] as WireCacheControl | undefined;
    if (mark === undefined) return block;
    if (left === 0) {
      const { cache_control: _dropped, ...rest } = block;
      return rest as unknown as Block;
    }
    left -= 1;
    if (mark.ttl === "1h" && !sawShort) return block;
    sawShort = true;
    return mark.ttl === "1h" ? { ...block, cache_control: { ...mark, ttl: "5m" } } : block;
  };
  return {
    tools: request.tools.map(settle),
    system: request.system.map(settle),
    messages: request.messages.map((message) => ({ ...message, content: message.content.map(settle) })),
    dropped: Math.max(0, total - maxMarks),
  };
}

function countMarks({ tools, system, messages }: Cacheable): number {
  const blocks = [...tools, ...system, ...messages.flatMap((message) => message.content)];
  return blocks.filter((block) => block["cache_control"] !== undefined).length;
}

const ephemeral: WireCacheControl = { type: "ephemeral" };

function withOwnMarks(request: Cacheable): Cacheable {
  const system = request.system.map((block, index) =>
    index === request.system.length - 1 ? { ...block, cache_control: ephemeral } : block,
  );
  const last = request.messages[request.messages.length - 1];
  const lastBlock = last?.content[last.content.length - 1];
  if (last?.role !== "user" || lastBlock === undefined) return { ...request, system };
  const marked: WireMessage = {
    ...last,
    content: [...last.content.slice(0, -1), { ...lastBlock, cache_control: ephemeral }],
  };
  return { ...request, system, messages: [...request.messages.slice(0, -1), marked] };
}
