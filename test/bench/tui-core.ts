/**
 * What a screen that looks on costs the calls themselves. Two equal cores run side by side and one of them is watched;
 * calls go to both and to the origin itself in turn, so that a busy moment hits everybody, and the roles change each round.
 */
import { resolvePaths } from "../../src/base/paths.ts";
import type { Aim } from "./board.ts";
import { startOrigin, start, startSwitchyard, type Contestant } from "./contestants.ts";
import { median } from "./measures.ts";
import type { Bench } from "./part.ts";
import { startPty } from "./pty.ts";
import { screenProgram, terminalSize } from "./tui-programs.ts";
import { open, post } from "./wire.ts";

/** Even, so that each core is watched as often as the other. */
const rounds = 4;
const warmUpCalls = 600;
/** Calls to the three take turns: a watched core sees about the twenty-odd new calls a second of the load above. */
const gapMs = 10;

export async function measureAddedLatency(calls: number, bench: Bench): Promise<readonly Aim[]> {
  const built = await bench.program();
  const origin = await startOrigin();
  const closing: (() => Promise<void>)[] = [() => origin.close()];
  try {
    const direct = await start("direct", { bench, origin });
    const cores = [await startSwitchyard({ bench, origin }), await startSwitchyard({ bench, origin })] as const;
    closing.push(...cores.map((core) => () => core.close()));
    const call = {
      direct: await caller(direct),
      first: await caller(cores[0]),
      second: await caller(cores[1]),
    };
    for (const one of Object.values(call))
      for (let made = 0; made < (bench.size === "tiny" ? calls : warmUpCalls); made += 1) await one();
    const took = { direct: [] as number[], alone: [] as number[], watched: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      const isFirst = round % 2 === 0;
      const { home } = isFirst ? cores[0] : cores[1];
      const pty = await startPty(screenProgram(built, resolvePaths({ SWITCHYARD_HOME: home }).controlSocket), {
        ...terminalSize,
        env: { HOME: home },
      });
      try {
        await pty.until("the list", (drawn) => drawn.includes("follow ON"));
        const turns = [
          [took.direct, call.direct],
          [took.alone, isFirst ? call.second : call.first],
          [took.watched, isFirst ? call.first : call.second],
        ] as const;
        for (let made = 0; made < calls / rounds; made += 1) {
          for (let turn = 0; turn < turns.length; turn += 1) {
            const [into, one] = turns[(made + turn) % turns.length] ?? turns[0];
            into.push(await one());
            await new Promise((resolve) => setTimeout(resolve, gapMs));
          }
        }
      } finally {
        await pty.close();
      }
    }
    const bare = median(took.direct);
    const [alone, watched] = [median(took.alone) - bare, median(took.watched) - bare];
    bench.say(
      `the core adds ${alone.toFixed(3)} ms to a call alone, ${watched.toFixed(3)} ms watched (the call itself ${bare.toFixed(3)} ms)`,
    );
    return [
      {
        text: "latency the core adds while watched, of what it adds alone",
        figure: watched / alone,
        limit: 1.05,
        unit: "",
      },
    ];
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

/** Makes one call on a kept-alive connection and says how long it took, ms. */
async function caller(who: Contestant): Promise<() => Promise<number>> {
  const socket = await open(who);
  return async () => {
    const startedAt = performance.now();
    await post(socket, who);
    return performance.now() - startedAt;
  };
}
