import { setTimeout as delay } from "node:timers/promises";
import { own } from "../../../src/base/json.ts";
import type { BoardCase } from "../board/case.ts";
import type { Random } from "../board/random.ts";
import { ask, type Got } from "../chaos/client.ts";
import { everyDialect, type Dialect } from "../chaos/dialects.ts";
import { faultTable, faultTypes, type Fault, type FaultType } from "../chaos/faults.ts";
import { inParallel, startChaosStage } from "../chaos/stage.ts";
import { replyBytes, type Framing } from "../chaos/wire.ts";
import { replyOf } from "./s2-cut-streams.ts";

interface Run {
  readonly id: number;
  readonly dialect: Dialect;
  readonly wire: "h1" | "h2";
  readonly framing: Framing;
  readonly fault: Fault;
}

export const s3: BoardCase = {
  id: "S3",
  title: "bodies of broken replies that hold bytes the provider never sent (passed through)",
  aim: "0",
  peers: ["http-mitm-proxy", "mockttp"],
  async run({ subject, random, of }) {
    const stage = await startChaosStage(subject);
    try {
      const runs = Array.from(
        { length: of({ short: 60, usual: 400, full: 1_000 }) },
        (_, id): Run => drawRun(random, id, subject === "http-mitm-proxy"),
      );
      stage.hosts.play((id) => {
        const run = runs[id];
        if (run === undefined) throw new Error(`nobody drew case ${id}`);
        return { reply: replyOf(run.dialect, run.framing), fault: run.fault };
      });
      const details: string[] = [];
      let asked = 0;
      await inParallel(runs, 6, async (run) => {
        const { dialect, wire } = run;
        const what = { lane: "passthrough", client: dialect.id, wire, patienceMs: 1_500 } as const;
        const asking = { ...stage.asking(run.id, what), lingerMs: run.fault.type === "second-reply" ? 60 : 0 };
        const got = await ask(asking).catch(async (error: unknown) => {
          // Its death comes with the same errors, and is told a moment later.
          await delay(200);
          if (stage.subject.isAlive()) throw error;
          return null;
        });
        if (got === null) return;
        asked += 1;
        const foreign = foreignIn(run, got);
        if (foreign !== null) details.push(`${dialect.id}, ${wire}, ${run.framing}, ${run.fault.type}: ${foreign}`);
      });
      const isAlive = stage.subject.isAlive();
      return {
        figure: `${details.length} of ${asked.toLocaleString("en")}${isAlive ? "" : "; the process died"}`,
        kept: details.length === 0 && isAlive,
        details,
      };
    } finally {
      await stage.close();
    }
  },
};

function drawRun(random: Random, id: number, onlyH1: boolean): Run {
  const dialect = random.pick(everyDialect);
  const type = faultTypes[id % faultTypes.length] ?? "cut";
  const wire = random.pick(["h1", "h2"] as const);
  const framing = framingFor(type, random);
  const length = wire === "h2" ? Buffer.concat(dialect.frames).length : replyBytes(replyOf(dialect, framing)).length;
  return { id, dialect, wire: onlyH1 ? "h1" : wire, framing, fault: faultTable[type](random, length).fault };
}

/** One in which the fault can be made: where only FIN ends a body, whatever comes is the body. */
export function framingFor(type: FaultType, random: Random): Framing {
  if (type === "bad-chunk") return "chunked";
  if (type === "wrong-length") return "length";
  return random.pick(
    type === "second-reply" ? (["chunked", "length"] as const) : (["chunked", "length", "close"] as const),
  );
}

/** Null: everything that came was sent. */
function foreignIn({ dialect, fault }: Run, { status, body, extra }: Got): string | null {
  if (extra > 0) return `${extra} bytes behind the reply`;
  // An error of the proxy's own instead of a reply is the truth; 200 is the provider's word.
  if (status !== 200 || isConnectError(body)) return null;
  const sent = Buffer.concat(dialect.frames);
  // A head that is wrong in itself may come with a body of its own.
  if (fault.type === "garbage") return null;
  const isPrefix = body.equals(sent.subarray(0, body.length));
  return isPrefix ? null : JSON.stringify(body.toString("latin1").slice(-80));
}

/** Connect tells errors of streams under a 200: an end frame (flag 2), and nothing else in the body. */
function isConnectError(body: Buffer): boolean {
  if (body.length < 5 || body[0] !== 2 || body.readUInt32BE(1) !== body.length - 5) return false;
  try {
    return own(JSON.parse(body.toString("utf8", 5)), "error") !== undefined;
  } catch {
    return false;
  }
}
