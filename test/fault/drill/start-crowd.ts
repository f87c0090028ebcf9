/**
 * A crowd of clients in a process of its own: what is measured beside them is the proxy, and not how busy the process is
 * that measures..
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Identity } from "../../support/fake-ca.ts";
import type { Through } from "../../support/proxy-clients.ts";
import { within } from "../../support/wait.ts";
import { bundled } from "../process/bundled.ts";

export type Order =
  | { readonly type: "slow"; readonly mode: SlowMode; readonly count: number; readonly port: number }
  /** A TLS handshake with each of these at once. */
  | { readonly type: "shake"; readonly hosts: readonly string[]; readonly ports: Readonly<Record<string, number>> }
  /** Ends what `slow` began. */
  | { readonly type: "stop" };

export type Report =
  | { readonly type: "ready" }
  | { readonly type: "opened"; readonly opened: number }
  | { readonly type: "stopped"; readonly held: number }
  | { readonly type: "shaken"; readonly failed: number };

export interface SlowMode {
  readonly name: string;
  /** Half of them never get as far as a tunnel. */
  readonly atPort: boolean;
  readonly host: string;
  readonly opening: string;
  /** Sent again and again; empty: it only reads a little. */
  readonly drop: string;
  readonly isReader: boolean;
}

export interface Crowd {
  /** Gives its report, which is of the kind that answers the order. */
  ask(order: Order): Promise<Report>;
  close(): Promise<void>;
}

/** `patienceMs`: for one order. */
export async function startCrowd({ url, ca }: Through, patienceMs = 120_000): Promise<Crowd> {
  const { child, ...program } = await startProgram("../drill/crowd.ts", { url, ca });
  return {
    async ask(order) {
      const answer = once(child, "message");
      child.send(order);
      const [report] = (await within(`the crowd's ${order.type}`, answer, patienceMs)) as [Report]; // crowd.ts answers so
      return report;
    },
    close: () => program.close(),
  };
}

/** An origin for crowds, in a process of its own as well: `/large`, `/sink`, and a word for everything else. */
export async function startLargeOrigin({ key, cert }: Identity): Promise<{ readonly port: number } & Closing> {
  const program = await startProgram("../drill/large-origin.ts", { key, cert });
  return { port: Number(program.first), close: () => program.close() };
}

interface Closing {
  close(): Promise<void>;
}

async function startProgram(
  source: string,
  told: object,
): Promise<{ readonly child: ChildProcess; readonly first: unknown } & Closing> {
  const program = await bundled(source);
  try {
    const child = fork(program.path, [JSON.stringify(told)], { execArgv: [] });
    const [first] = (await within(`${source} to begin`, once(child, "message"))) as [unknown];
    return {
      child,
      first,
      async close() {
        program.close();
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, "exit");
        child.disconnect();
        await within(`${source} to end`, gone);
      },
    };
  } catch (error) {
    program.close();
    throw error;
  }
}
