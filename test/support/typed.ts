/** The program as it is typed, in this process, against a core that runs elsewhere: a process of its own takes seconds. */
import { PassThrough } from "node:stream";
import { commandBench } from "../../src/commands/__fixtures__/command-bench.ts";
import { runCommand } from "../../src/commands/program.ts";
import type { Ran } from "./proxy-clients.ts";

export interface Typed {
  /** `switchyard …`, to its end. */
  readonly type: (...words: readonly string[]) => Promise<Ran>;
  /** The same with more environment. */
  readonly typeWith: (env: Readonly<Record<string, string>>, ...words: readonly string[]) => Promise<Ran>;
  /** Begins it; the signal is sent to it alone. */
  readonly begin: (...words: readonly string[]) => Running;
}

export interface Running {
  readonly ended: Promise<Ran>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** @param home `SWITCHYARD_HOME` */
export function typedAt(home: string): Typed {
  const begin = (env: Readonly<Record<string, string>>, words: readonly string[]): Running => {
    const bench = commandBench({ env: { SWITCHYARD_HOME: home, ...env } });
    const context = { ...bench.context, stdin: Object.assign(new PassThrough().end(), { isTTY: false }) };
    const run = async (): Promise<Ran> => {
      const code = await runCommand(context, words);
      await bench.close();
      return { code, stdout: bench.out(), stderr: bench.err() };
    };
    return { ended: run(), signal: bench.signal, stdout: bench.out, stderr: bench.err };
  };
  return {
    type: (...words) => begin({}, words).ended,
    typeWith: (env, ...words) => begin(env, words).ended,
    begin: (...words) => begin({}, words),
  };
}

export async function typed(home: string, words: readonly string[]): Promise<Ran> {
  return typedAt(home).type(...words);
}
