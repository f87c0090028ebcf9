/** Connections of every sort through one core, each chosen by a seeded number and each checked for a whole answer. */
import { constants } from "node:http2";
import type { Contestant } from "../bench/contestants.ts";
import { get, getH2, open, openH2, post, postH2, wholeReply } from "../bench/wire.ts";
import type { Random } from "../fault/board/random.ts";
import type { Api } from "../support/api.ts";
import { within } from "../support/wait.ts";

export const kinds = ["kept alive", "new", "aborted", "h2", "h2 aborted", "tunnel", "rerouted", "gateway"] as const;
export type Kind = (typeof kinds)[number];

export interface Stage {
  /** The core, as hosts that it decrypts see it. */
  readonly who: Contestant;
  /** The same, for hosts that it tunnels. */
  readonly tunnelled: Contestant;
  readonly api: Api;
  readonly hosts: readonly string[];
  readonly tunnelHosts: readonly string[];
  /** Calls to it are rerouted for models of this name. */
  readonly rerouted: { readonly host: string; readonly model: string };
}

/** A live stream that is left early; it would end by itself. */
const stream = "/stream?n=200&gap=10";

/** One connection from its begin to its end. Gives how many calls went over it. */
export function connection(kind: Kind, stage: Stage, random: Random): Promise<number> {
  const { who, hosts, tunnelHosts } = stage;
  switch (kind) {
    case "kept alive":
      return keptAlive(who, random.pick(hosts), 5 + random.below(25), random);
    case "new":
      return keptAlive(who, random.pick(hosts), 1, random);
    case "aborted":
      return aborted(who, random.pick(hosts));
    case "h2":
      return h2Calls(who, random.pick(hosts), 2 + random.below(8), false);
    case "h2 aborted":
      return h2Calls(who, random.pick(hosts), 2 + random.below(3), true);
    case "tunnel":
      return keptAlive(stage.tunnelled, random.pick(tunnelHosts), 1 + random.below(3), random);
    case "rerouted":
      return rerouted(stage, 1 + random.below(3), random.below(2) === 0);
    case "gateway":
      return gateway(stage, random.below(2) === 0);
    default:
      throw new Error(`no such kind: ${String(kind)}`);
  }
}

async function keptAlive(who: Contestant, host: string, calls: number, random: Random): Promise<number> {
  const socket = await open(who, host);
  try {
    for (let made = 0; made < calls; made += 1) {
      if (random.below(8) === 0) {
        const reply = wholeReply(socket);
        get(socket, who, `/bytes?n=${1 + random.below(200_000)}`, host);
        await reply;
      } else await post(socket, who, host);
    }
    return calls;
  } finally {
    socket.destroy();
  }
}

async function aborted(who: Contestant, host: string): Promise<number> {
  const socket = await open(who, host);
  const first = new Promise((resolve) => socket.once("data", resolve));
  get(socket, who, stream, host);
  await within("the first bytes of a stream", first, 20_000);
  socket.destroy();
  return 1;
}

async function h2Calls(who: Contestant, host: string, calls: number, leave: boolean): Promise<number> {
  const session = await openH2(who, host);
  try {
    const left = leave ? getH2(session, stream) : null;
    await Promise.all(Array.from({ length: calls }, () => postH2(session)));
    if (left === null) return calls;
    if (left.readableLength === 0) {
      await within("the first bytes of a stream", new Promise((resolve) => left.once("readable", resolve)), 20_000);
    }
    left.close(constants.NGHTTP2_CANCEL);
    return calls + 1;
  } finally {
    session.destroy();
  }
}

async function rerouted({ who, rerouted: { host, model } }: Stage, calls: number, streams: boolean): Promise<number> {
  const socket = await open(who, host);
  const messages = [{ role: "user", content: `Say word ${calls}.` }];
  const body = Buffer.from(JSON.stringify({ model, max_tokens: 100, messages, stream: streams }));
  try {
    for (let made = 0; made < calls; made += 1) await post(socket, who, host, body);
    return calls;
  } finally {
    socket.destroy();
  }
}

async function gateway({ api }: Stage, streams: boolean): Promise<number> {
  const messages = [{ role: "user", content: "Say a word." }];
  const body = { model: "local/bench", messages, stream: streams };
  const answer = await api.keyed("/v1/chat/completions", { body });
  const isWhole = streams ? answer.text.includes("[DONE]") : answer.json !== undefined;
  if (answer.status !== 200 || !isWhole)
    throw new Error(`the gateway answered ${answer.status}: ${answer.text.slice(0, 200)}`);
  return 1;
}
