/** One call's folder: what the engine hands over is queued, laid out when its turn comes, masked, and written. */
import { join } from "node:path";
import { headerValue } from "../../base/headers.ts";
import type { HeaderPairs } from "../../base/http.ts";
import type { CallLog, LoggedCall, StageName, StreamStage } from "../../base/request-log.ts";
import { mayBeBinary } from "../../engine/codecs/binary-kind.ts";
import { documentText, shownHeaders } from "./document.ts";
import type { LogFiles } from "./files.ts";
import { folderName } from "./names.ts";
import type { WorkQueue } from "./queue.ts";
import type { Rotation } from "./rotation.ts";
import { createStreamFile, type Piece, type StreamFile } from "./stream-file.ts";

export interface CallLogDeps {
  readonly root: string;
  readonly files: LogFiles;
  readonly queue: WorkQueue;
  readonly rotation: Rotation;
  /** Takes credentials out of text. */
  readonly mask: (text: string) => string;
  readonly maxStageBytes: number;
  /** A document waits as a reference to a body whose size nobody has measured yet; it counts as this much. */
  readonly documentWeight: number;
  readonly onTrouble: (text: string) => void;
  /** A call's folder is complete. */
  readonly onWritten: () => void;
}

interface Head {
  readonly status: number;
  readonly headers: HeaderPairs;
}

interface OpenFile {
  readonly stream: StreamFile;
  /** A whole JSON reply: shown as one document when it has ended. */
  readonly isWhole: boolean;
  isQueued: boolean;
  isBegun: boolean;
}

/** More calls of one kind within one second than any client makes. */
const maxSameSecond = 10_000;

export function createCallLog(call: LoggedCall, deps: CallLogDeps): CallLog {
  const { files, queue, rotation, mask, maxStageBytes } = deps;
  const open = new Map<StreamStage, OpenFile>();
  const lostStages = new Set<StageName>();
  const isBinary = new Set<StreamStage>();
  let folder: string | null = null;
  let head: Head | null = null;
  let isBroken = false;
  let isOver = false;

  /** Whatever goes wrong with the disk ends this call's log and nothing else. */
  async function guarded(job: () => Promise<void>): Promise<void> {
    if (isBroken) return;
    try {
      await job();
    } catch (error) {
      isBroken = true;
      deps.onTrouble(`a call could not be written: ${codeOf(error)}`);
    }
  }

  async function write(name: string, text: string, how: "write" | "append"): Promise<void> {
    const clean = mask(text);
    const place = (folder ??= await makeFolder());
    await files[how](join(deps.root, place, name), clean);
    rotation.grew(place, Buffer.byteLength(clean));
  }

  async function makeFolder(): Promise<string> {
    const base = folderName({ ...call, model: mask(call.model) });
    for (let again = 1; again < maxSameSecond; again += 1) {
      const name = again === 1 ? base : `${base}-${again}`;
      if (!(await files.makeFolder(join(deps.root, name)))) continue;
      await rotation.made(name);
      return name;
    }
    throw new Error("too many folders of one name");
  }

  function document(name: StageName, content: () => unknown): void {
    if (isOver) return;
    if (!queue.reserve(deps.documentWeight)) {
      lostStages.add(name);
      return;
    }
    queue.add(async () => {
      await guarded(() => write(`${name}.json`, documentText(content, maxStageBytes), "write"));
      queue.release(deps.documentWeight);
    });
  }

  function fileOf(name: StreamStage): OpenFile {
    const known = open.get(name);
    if (known !== undefined) return known;
    const stream = createStreamFile({ maxBytes: maxStageBytes, reserve: (bytes) => queue.reserve(bytes) });
    const isWhole = name === "5_res_provider" && head !== null && isJson(head.headers);
    const file = { stream, isWhole, isQueued: false, isBegun: false };
    open.set(name, file);
    return file;
  }

  function add(name: StreamStage, piece: Piece): void {
    if (isOver || piece.length === 0) return;
    const file = fileOf(name);
    if (!file.stream.take(piece)) lostStages.add(name);
    if (file.isQueued || file.isWhole) return;
    file.isQueued = true;
    queue.add(async () => {
      file.isQueued = false;
      const { text, freed } = file.stream.drain(false);
      await guarded(() => put(name, file, text));
      queue.release(freed);
    });
  }

  async function put(name: StreamStage, file: OpenFile, text: string): Promise<void> {
    const before = name === "5_res_provider" && head !== null && !file.isBegun ? headText(head) : "";
    if (before + text === "") return;
    file.isBegun = true;
    await write(`${name}.txt`, before + text, "append");
  }

  async function finish(name: StreamStage, file: OpenFile, rest: string): Promise<void> {
    const beyond = file.stream.beyond();
    const cut = beyond === 0 ? null : `${beyond} bytes beyond the first ${maxStageBytes} left out`;
    if (!file.isWhole) return put(name, file, cut === null ? rest : `${rest}\n[switchyard: ${cut}]\n`);
    const content = { ...head, body: Buffer.from(rest), ...(cut === null ? {} : { leftOut: cut }) };
    // A body may fill the bound by itself: the frame around it does not cut it.
    await write(
      `${name}.json`,
      documentText(() => content, 2 * maxStageBytes),
      "write",
    );
  }

  /** In the file that is written last: what this folder should have held and does not. */
  async function tellLosses(): Promise<void> {
    if (lostStages.size === 0) return;
    const losses = [...lostStages].map((name) => {
      const stream = isStreamStage(name) ? open.get(name)?.stream : undefined;
      return stream === undefined ? `all of ${name}` : `${stream.lost()} bytes of ${name}`;
    });
    const text = `left out because the disk did not keep up: ${losses.join(", ")}`;
    deps.onTrouble(text);
    await write("7_res_client.txt", `\n[switchyard: ${text}]\n`, "append");
  }

  return {
    stage: document,
    replyHead(given) {
      head ??= given;
    },
    append(name, bytes) {
      const packed = name === "5_res_provider" && head !== null ? packing(head.headers) : null;
      // Frames are no text that could be masked; what they say is in 6_res_openai.
      if (isBinary.has(name)) return;
      if (packed === null && !open.has(name) && typeof bytes !== "string" && mayBeBinary(bytes)) {
        isBinary.add(name);
        return add(name, "[switchyard: binary frames, so they could not be masked: left out]\n");
      }
      if (packed === null) add(name, bytes);
      else if (!open.has(name)) add(name, `[switchyard: packed (${packed}), so it could not be masked: left out]\n`);
    },
    events: (events) => add("6_res_openai", events),
    bytesLeftAlone() {
      document("3_req_openai", () => ({ leftAlone }));
      add("6_res_openai", `${JSON.stringify({ leftAlone })}\n`);
    },
    end() {
      if (isOver) return;
      isOver = true;
      if (head !== null) fileOf("5_res_provider");
      queue.add(async () => {
        for (const [name, file] of open) {
          const { text, freed } = file.stream.drain(true);
          await guarded(() => finish(name, file, text));
          queue.release(freed);
        }
        await guarded(tellLosses);
        await guarded(() => rotation.prune());
        if (!isBroken && lostStages.size === 0) deps.onWritten();
      });
    },
  };
}

const leftAlone = "client and provider speak the same dialect: the bytes were left alone, there is no hub form";

function headText({ status, headers }: Head): string {
  const lines = Object.entries(shownHeaders(headers)).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((one) => `${name}: ${one}`),
  );
  return `${[String(status), ...lines].join("\n")}\n\n`;
}

function isJson(headers: HeaderPairs): boolean {
  return /^application\/(?:[\w.+-]*\+|x-amz-)?json\b/i.test(headerValue(headers, "content-type") ?? "");
}

function packing(headers: HeaderPairs): string | null {
  const coding = headerValue(headers, "content-encoding")?.trim().toLowerCase() ?? "";
  return coding === "" || coding === "identity" ? null : coding;
}

function isStreamStage(name: StageName): name is StreamStage {
  return name === "5_res_provider" || name === "6_res_openai" || name === "7_res_client";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : error instanceof Error ? error.name : "?";
}
