import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";
import { residentMb } from "../../bench/process-meter.ts";
import { zstdBomb } from "../../support/zstd.ts";
import type { BoardCase } from "../board/case.ts";
import { ask, type Got } from "../chaos/client.ts";
import { dialects } from "../chaos/dialects.ts";
import { startChaosStage, type ChaosStage, type What } from "../chaos/stage.ts";
import type { Play } from "../chaos/upstream.ts";
import { replyOf } from "./s2-cut-streams.ts";

const mb = 1024 * 1024;
/** The flow log keeps 64 MB of what went by, as it always may; the rest is what translating 256 MB at once leaves behind. */
const growthMb = 128;
/** An answer to somebody else may take so long meanwhile. */
const meanwhileMs = 4_000;

interface Bomb {
  readonly name: string;
  readonly play: Play;
  /** The body, where it must arrive as it is. */
  readonly bytes: Buffer | null;
}

/** What a bomb unpacks to: frames of the dialect, over and over. */
function plain(size: number): Buffer {
  const chat = dialects["openai-chat"];
  return Buffer.alloc(size, chat.frames[chat.wordsAt] ?? "x");
}

function bombs(size: number): readonly Bomb[] {
  const body = plain(size);
  const brotli = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  const gzip = gzipSync(body);
  const packed: readonly (readonly [string, string, Buffer])[] = [
    ["gzip", "gzip", gzip],
    ["brotli", "br", brotli],
    ["deflate", "deflate", deflateSync(body)],
    ["zstd", "zstd", zstdBomb(size / (128 * 1024))],
    ["gzip in gzip", "gzip, gzip", gzipSync(gzip)],
    ["gzip in brotli in gzip", "gzip, br, gzip", gzipSync(brotliCompressSync(gzip))],
    ["gzip, cut short", "gzip", gzip.subarray(0, gzip.length - 20)],
    ["gzip with more behind it", "gzip", Buffer.concat([gzip, Buffer.alloc(50_000, "tail")])],
    ["ten times the same coding", Array.from({ length: 10 }, () => "gzip").join(", "), gzip],
    ["gzip that is none", "gzip", Buffer.alloc(10_000, "no")],
  ];
  const chat = replyOf(dialects["openai-chat"], "length");
  return [
    ...packed.map(
      ([name, coding, bytes]): Bomb => ({
        name,
        bytes,
        play: {
          reply: { ...chat, headers: { ...chat.headers, "content-encoding": coding }, frames: [bytes] },
          fault: { type: "none" },
        },
      }),
    ),
    {
      name: "20,000 header fields",
      bytes: null,
      play: { reply: chat, fault: { type: "headers", count: 20_000, bytes: 20 } },
    },
    { name: "a head of 8 MB", bytes: null, play: { reply: chat, fault: { type: "headers", count: 1, bytes: 8 * mb } } },
    {
      name: "5,000 early hints",
      bytes: null,
      play: { reply: chat, fault: { type: "interim", status: 103, count: 5_000 } },
    },
  ];
}

const first: What = { lane: "passthrough", client: "openai-chat", wire: "h1" };
const ways: readonly What[] = [
  first,
  { lane: "passthrough", client: "openai-chat", wire: "h2" },
  { lane: "translated", client: "claude", provider: "openai-chat", wire: "h1" },
  { lane: "lossless", client: "openai-chat", provider: "openai-chat", wire: "h1" },
];

export const bombsWire: BoardCase = {
  id: "bombs-wire",
  title: "packed bodies and heads made to fill memory, through the proxy: those that hurt it or somebody else's call",
  aim: `0; ≤ ${growthMb} MB more`,
  peers: ["http-mitm-proxy", "mockttp"],
  async run({ subject, of, say }) {
    const stage = await startChaosStage(subject, { timeouts: { first_byte_ms: 15_000, idle_ms: 15_000 } });
    try {
      const all = bombs(of({ short: 4 * mb, usual: 64 * mb, full: 256 * mb }));
      const usable = subject === "switchyard" ? ways : ways.slice(0, subject === "mockttp" ? 2 : 1);
      const honest = new Set<number>();
      let current: Bomb | undefined;
      const play = (id: number): Play => {
        if (!honest.has(id) && current !== undefined) return current.play;
        return { reply: replyOf(dialects["openai-chat"], "chunked"), fault: { type: "none" } };
      };
      stage.hosts.play(play);
      stage.rerouted.play(play);
      const other = async (what: What): Promise<string | null> => {
        const id = stage.nextId();
        honest.add(id);
        const startedAt = performance.now();
        const got = await ask(stage.asking(id, what));
        const ms = performance.now() - startedAt;
        if (got.status !== 200 || !got.isWhole) return `another call was answered with ${got.status}`;
        return ms > meanwhileMs ? `another call took ${Math.round(ms)} ms` : null;
      };
      for (const what of usable) await other(what);
      const before = residentMb(stage.subject.pid);
      const details: string[] = [];
      let [peak, runs] = [0, 0];
      const every = usable.flatMap((what) => all.map((bomb) => ({ what, bomb })));
      // In the short form each bomb goes one way, and each way is gone.
      const chosen = all.map((bomb, index) => ({ bomb, what: usable[index % usable.length] ?? first }));
      for (const { what, bomb } of of({ short: 0, usual: 1, full: 1 }) === 0 ? chosen : every) {
        current = bomb;
        runs += 1;
        const [got, meanwhile] = await Promise.all([
          ask(stage.asking(stage.nextId(), { ...what, patienceMs: 30_000 })),
          other(what).catch((error: unknown) => String(error)),
        ]);
        const growth = residentMb(stage.subject.pid) - before;
        peak = Math.max(peak, growth);
        const fault = faultOf(stage, what, bomb, got) ?? meanwhile;
        const said = `${bomb.name}, ${what.lane}, ${what.wire}: `;
        say(`${said}${got.status}, +${growth.toFixed(0)} MB${fault === null ? "" : `: ${fault}`}`);
        if (fault !== null) details.push(`${said}${fault}`);
        if (!stage.subject.isAlive()) break;
      }
      const afterwards = stage.subject.isAlive() ? await other(first) : "the process died";
      if (afterwards !== null) details.push(afterwards);
      return {
        figure: `${details.length} of ${runs}; +${peak.toFixed(0)} MB`,
        kept: details.length === 0 && peak <= growthMb,
        details: peak <= growthMb ? details : [...details, `memory grew by ${peak.toFixed(0)} MB`],
      };
    } finally {
      await stage.close();
    }
  },
};

function faultOf(stage: ChaosStage, { lane }: What, bomb: Bomb, got: Got): string | null {
  if (!stage.subject.isAlive()) return "the process died";
  if (got.hangs) return "its own client was left waiting";
  // What is passed through is nobody's to unpack.
  if (lane === "passthrough" && bomb.bytes !== null && !got.body.equals(bomb.bytes))
    return `other bytes arrived: status ${got.status}, ${got.body.length} of ${bomb.bytes.length}`;
  return null;
}
