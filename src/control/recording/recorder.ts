/**
 * Records the calls of a core as they end. It hears of an end on the relay path and only makes a note of it; encoding and
 * writing come later, one call at a time. A disk that does not keep up loses calls, never time, and it is said how many.
 */
import type { Redactor } from "../../base/redact.ts";
import type { CapturedFlow, FlowLog } from "../flow-log.ts";
import { recordCall } from "./record-call.ts";
import type { RecordingFile } from "./recording-file.ts";

export interface RecorderDeps {
  readonly flowLog: FlowLog;
  readonly redactor: Redactor;
  readonly file: RecordingFile;
  /** Resolves when what is found out of a call after its end has been told to it. */
  readonly settled: () => Promise<void>;
  /** Told in words, each thing once. */
  readonly onTrouble: (text: string) => void;
}

export interface Recorder {
  /** Everything that ended until now is in the file, or was given up. */
  close(): Promise<RecorderCounts>;
}

export interface RecorderCounts {
  readonly recorded: number;
  readonly lost: number;
}

/** Each may hold its bodies. */
const maxWaiting = 128;

export function startRecorder(deps: RecorderDeps): Recorder {
  const { flowLog, redactor, file } = deps;
  const waiting: CapturedFlow[] = [];
  let working: Promise<void> | null = null;
  let recorded = 0;
  let lost = 0;
  let isFull = false;
  const told = new Set<string>();

  const trouble = (kind: string, text: string): void => {
    if (told.has(kind)) return;
    told.add(kind);
    deps.onTrouble(text);
  };

  async function work(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (let flow = waiting.shift(); flow !== undefined; flow = waiting.shift()) {
      await deps.settled();
      await keep(flow);
    }
    working = null;
  }

  async function keep(flow: CapturedFlow): Promise<void> {
    try {
      const result = await recordCall(flow, redactor);
      if (!result.ok) {
        lost += 1;
        trouble("call", `flow ${flow.id} is not in the recording: ${result.why}`);
        return;
      }
      if ((await file.append(result.call)) === "written") recorded += 1;
      else {
        lost += 1;
        isFull = true;
        trouble("full", `the recording ${file.path} is full: calls from ${flow.id} on are not in it`);
      }
    } catch (error) {
      lost += 1;
      const why = error instanceof Error ? error.message : String(error);
      trouble("file", `the recording ${file.path} misses calls from ${flow.id} on: ${why}`);
    }
  }

  const stop = flowLog.onEnded((flow) => {
    // What was never read or is no exchange of a request and a reply has no place in a recording.
    if (flow.action === "tunnel" || flow.start.protocol === "websocket") return;
    if (isFull) lost += 1;
    else waiting.push(flow);
    if (waiting.length > maxWaiting) {
      waiting.shift();
      lost += 1;
      trouble("late", `the recording ${file.path} does not keep up: some calls are not in it`);
    }
    working ??= work();
  });

  return {
    async close() {
      stop();
      while (working !== null) await working;
      await file.close();
      return { recorded, lost };
    },
  };
}
