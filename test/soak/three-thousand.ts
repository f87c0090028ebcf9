/**
 * The part of a soak that every proxy can be put through: 3,000 requests, 20 at a time, each over a tunnel and a TLS
 * connection of its own, and what the process holds before and after.
 */
import { residentMb } from "../bench/process-meter.ts";
import { post } from "../bench/wire.ts";
import { startOrigin, mainHost } from "../bench/contestants.ts";
import { open } from "../bench/wire.ts";
import { startSubject, type SubjectName } from "../fault/board/subjects.ts";
import { waitFor } from "../support/wait.ts";
import { canSee, descriptorsOf, leftOver, listed, total } from "./descriptors.ts";

export interface Endured {
  readonly perSecond: number;
  /** Resident memory before, after the first half and at the end, MB. */
  readonly residentMb: readonly [number, number, number];
  readonly leftOver: number;
  readonly leftOverText: string;
  readonly failures: readonly string[];
}

const lanes = 20;
const warmUp = 20;
/** Idle connections to upstreams are closed by then. */
const settleMs = 15_000;

export async function threeThousand(name: SubjectName, count: number): Promise<Endured> {
  const origin = await startOrigin();
  try {
    const subject = await startSubject(name, { ca: origin.ca, origins: { [mainHost]: origin.port } });
    try {
      const { pid } = subject;
      const who = {
        name,
        proxyUrl: subject.url,
        ca: subject.ca,
        pid,
        speaksH2: false,
        targetPort: subject.portFor(mainHost),
        close: () => Promise.resolve(),
      } as const;
      const failures: string[] = [];
      const requests = async (many: number): Promise<void> => {
        let left = many;
        const lane = async (): Promise<void> => {
          while (left > 0) {
            left -= 1;
            try {
              const socket = await open(who);
              await post(socket, who);
              socket.destroy();
            } catch (error) {
              failures.push(error instanceof Error ? error.message : String(error));
            }
          }
        };
        await Promise.all(Array.from({ length: lanes }, () => lane()));
      };
      await requests(warmUp);
      await quiet(pid);
      const before = descriptorsOf(pid);
      const atFirst = residentMb(pid);
      const startedAt = performance.now();
      await requests(count / 2);
      const halfway = residentMb(pid);
      await requests(count / 2);
      const perSecond = (count * 1_000) / (performance.now() - startedAt);
      const atEnd = residentMb(pid);
      await waitFor(
        "what was open to be closed",
        () => total(leftOver(before, descriptorsOf(pid))) === 0,
        settleMs,
      ).catch(() => undefined);
      const left = leftOver(before, descriptorsOf(pid));
      return {
        perSecond,
        residentMb: [atFirst, halfway, atEnd],
        leftOver: total(left),
        leftOverText: listed(left),
        failures,
      };
    } finally {
      await subject.close();
    }
  } finally {
    await origin.close();
  }
}

async function quiet(pid: number): Promise<void> {
  if (!canSee) return;
  const isQuiet = (): boolean => (descriptorsOf(pid)["tcp established"] ?? 0) === 0;
  await waitFor("a quiet process", isQuiet, settleMs).catch(() => undefined);
}
