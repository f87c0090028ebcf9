/**
 * The request log of a core: the folders `{source}_{target}_{model}_{time}` under `requests/` beside the logs. Switched by
 * the configuration, at any time. It never makes a call wait and never makes one fail: what the disk does not take in
 * time is left out and said so.
 */
import type { Redactor } from "../base/redact.ts";
import { redactNamed } from "../base/redact-named.ts";
import { noCallLog, type RequestLog } from "../base/request-log.ts";
import { createCallLog } from "./request-log/call-log.ts";
import { type LogFiles, systemLogFiles } from "./request-log/files.ts";
import { createWorkQueue, type QueueLimits } from "./request-log/queue.ts";
import { createRotation, type RotationLimits } from "./request-log/rotation.ts";

export interface RequestLogLimits extends QueueLimits, RotationLimits {
  /** Of each file; what lies beyond is counted, not kept. */
  readonly maxStageBytes: number;
  /** How long `close` waits for what is still to be written. */
  readonly closeMs: number;
}

export const requestLogLimits: RequestLogLimits = {
  // A long agent turn: a few hundred KB of history, a stream of some MB.
  maxStageBytes: 4 * 1024 * 1024,
  // Half of what the flow log keeps in memory; a disk that is further behind will not catch up.
  maxQueuedBytes: 32 * 1024 * 1024,
  maxQueuedPieces: 4_096,
  // A day of work of one client, and no surprise on a small disk.
  maxFolders: 200,
  maxTotalBytes: 256 * 1024 * 1024,
  closeMs: 2_000,
};

export interface RequestLogDeps {
  /** Where the folders go. */
  readonly root: string;
  /** Asked for every call. */
  readonly isEnabled: () => boolean;
  readonly redactor: Redactor;
  /** The first call of this run is about to be written: whoever watches should know that bodies reach the disk. */
  readonly onBegun?: () => void;
  /** Told in words when something could not be kept; once until it works again. */
  readonly onTrouble: (text: string) => void;
  readonly files?: LogFiles;
  readonly limits?: Partial<RequestLogLimits>;
}

export interface CoreRequestLog extends RequestLog {
  /** Everything handed over until now is on the disk, or was given up. */
  flush(): Promise<void>;
  /** Takes nothing more and waits a moment for what is left. */
  close(): Promise<void>;
}

/** A document may refer to a body of any size up to the largest request; most are far smaller than this. */
const documentWeight = 512 * 1024;

export function createRequestLog(deps: RequestLogDeps): CoreRequestLog {
  const { root, redactor, files = systemLogFiles } = deps;
  const limits = { ...requestLogLimits, ...deps.limits };
  const queue = createWorkQueue(limits, () => trouble("the request log failed"));
  let isClosed = false;
  let hasBegun = false;
  let isInTrouble = false;

  const trouble = (text: string): void => {
    if (isInTrouble) return;
    isInTrouble = true;
    deps.onTrouble(text);
  };
  const callDeps = {
    root,
    files,
    queue,
    rotation: createRotation(files, root, limits),
    mask: (text: string) => redactor.text(redactNamed(text)),
    maxStageBytes: limits.maxStageBytes,
    documentWeight: Math.min(documentWeight, limits.maxStageBytes),
    onTrouble: trouble,
    onWritten: () => {
      isInTrouble = false;
    },
  };

  const isEnabled = (): boolean => !isClosed && deps.isEnabled();
  return {
    get enabled() {
      return isEnabled();
    },
    open(call) {
      if (!isEnabled()) return noCallLog;
      if (!hasBegun) deps.onBegun?.();
      hasBegun = true;
      return createCallLog(call, callDeps);
    },
    flush: () => queue.idle(),
    async close() {
      isClosed = true;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limits.closeMs);
      });
      await Promise.race([queue.idle(), late]);
      clearTimeout(timer);
      queue.abandon();
    },
  };
}
