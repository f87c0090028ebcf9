/**
 * Reads a recording, in pieces of any size. What is damaged ends the reading and says so: the calls before it can be
 * played. A file that is no recording, or one of another version, has none.
 */
import * as v from "valibot";
import { isRecord, own, parseJson } from "../../base/json.ts";
import { maxLineBytes, type RecordedCall, recordingVersion } from "./format.ts";

export interface RecordingReader {
  /** The calls that became whole with these bytes. */
  push(bytes: Uint8Array): readonly RecordedCall[];
  end(): readonly RecordedCall[];
  /** Where the reading stopped before the end, and why; null: it did not. */
  damage(): Damage | null;
}

export interface Damage {
  /** 1-based. */
  readonly line: number;
  readonly why: string;
  /** It is no recording that can be read here: nothing of it counts. */
  readonly isForeign: boolean;
}

export function createRecordingReader(limits: { readonly maxLineBytes: number } = { maxLineBytes }): RecordingReader {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let line = 0;
  let damage: Damage | null = null;

  const stop = (why: string, isForeign = line === 1): void => {
    damage = { line, why, isForeign };
    held = [];
  };

  function take(bytes: Buffer, isLast: boolean): readonly RecordedCall[] {
    line += 1;
    const text = bytes.toString("utf8").trim();
    if (text === "" && line > 1) return [];
    const parsed = parseJson(text);
    if (line === 1) {
      const wrong = parsed.ok ? wrongHeader(parsed.value) : "it is no recording: its first line is not JSON";
      if (wrong !== null) stop(wrong);
      return [];
    }
    if (!parsed.ok) {
      stop(isLast ? "it ends in the middle of a line: whoever wrote it was stopped" : "it is not JSON");
      return [];
    }
    const call = v.safeParse(callSchema, parsed.value);
    // The flow's own facts are for people: nothing here relies on them.
    if (call.success) return [call.output as unknown as RecordedCall];
    const [issue] = call.issues;
    stop(`it is no call: ${v.getDotPath(issue) ?? "line"}: ${issue.message}`);
    return [];
  }

  return {
    push(bytes) {
      const calls: RecordedCall[] = [];
      let from = 0;
      while (damage === null) {
        const feed = bytes.indexOf(0x0a, from);
        const part = bytes.subarray(from, feed < 0 ? bytes.byteLength : feed);
        heldBytes += part.byteLength;
        if (heldBytes > limits.maxLineBytes) {
          line += 1;
          stop(`it is longer than ${Math.floor(limits.maxLineBytes / 1024 / 1024)} MiB`);
          break;
        }
        held.push(part);
        if (feed < 0) break;
        const whole = Buffer.concat(held);
        held = [];
        heldBytes = 0;
        calls.push(...take(whole, false));
        from = feed + 1;
      }
      return calls;
    },
    end() {
      if (damage !== null) return [];
      const rest = Buffer.concat(held);
      held = [];
      if (line === 0 && rest.byteLength === 0) {
        line = 1;
        stop("it is empty");
        return [];
      }
      return rest.byteLength === 0 ? [] : take(rest, true);
    },
    damage: () => damage,
  };
}

function wrongHeader(value: unknown): string | null {
  const version = own(value, "switchyardRecording");
  if (version === recordingVersion) return null;
  if (typeof version === "number") {
    return `it is a recording of version ${version}, and this Switchyard reads version ${recordingVersion}`;
  }
  const what = isRecord(own(value, "log")) ? "it is a HAR file, not a recording" : "it is no recording";
  return `${what}: its first line is not {"switchyardRecording":${recordingVersion}, …}`;
}

const timeSchema = v.pipe(v.number(), v.finite(), v.minValue(0));
const headersSchema = v.array(v.tuple([v.string(), v.string()]));
const bytesSchema = v.union([v.object({ text: v.string() }), v.object({ base64: v.string() })]);

const callSchema = v.looseObject({
  flow: v.looseObject({}),
  request: v.looseObject({
    method: v.string(),
    host: v.string(),
    path: v.pipe(v.string(), v.startsWith("/")),
    headers: headersSchema,
    body: bytesSchema,
    complete: v.boolean(),
    endedAtMs: timeSchema,
  }),
  reply: v.nullable(
    v.looseObject({
      status: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
      headers: headersSchema,
      startedAtMs: timeSchema,
      chunks: v.array(v.intersect([v.object({ atMs: timeSchema }), bytesSchema])),
      endedAtMs: timeSchema,
      end: v.picklist(["done", "cut"]),
    }),
  ),
});
