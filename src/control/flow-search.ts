/**
 * Looks through the log with a filter, newest flow first. Summaries decide what they can; bodies are decoded only for
 * flows that are then still undecided, and read a few thousand characters at a time, so that the relay has its turn in
 * between. A search that takes long stops and says where it goes on.
 */
import type { Clock } from "../base/clock.ts";
import type { CompiledFilter, ContentSearch } from "../base/filter/index.ts";
import type { FlowRecord, FlowSide } from "../base/flow.ts";
import { headerValue } from "../base/headers.ts";
import type { Redactor } from "../base/redact.ts";
import { type BinaryBody, decodedPieces } from "../engine/view/decoded-body.ts";
import { decodeBody } from "./decode-body.ts";
import { maxViewBytes, placeOf, redactInTurns } from "./flow-json.ts";
import type { CapturedFlow, FlowLog } from "./flow-log.ts";
import { redactorOf } from "./flow-redactor.ts";
import { maskBody } from "./recording/mask-bytes.ts";

export interface SearchDeps {
  readonly flowLog: FlowLog;
  readonly redactor: Redactor;
  readonly clock: Clock;
}

export interface SearchQuestion {
  readonly filter: CompiledFilter;
  /** How many at most; the newest. */
  readonly limit: number;
  /** Only flows before this one. */
  readonly before?: string | undefined;
  /** A search in bodies stops after this long. */
  readonly budgetMs?: number;
  /** Nobody waits for the answer any more. */
  readonly isGone?: () => boolean;
}

export interface SearchResult {
  /** Oldest first. */
  readonly flows: readonly CapturedFlow[];
  /** Where to go on, as `before`; null when there is nothing older. */
  readonly older: string | null;
}

/** Well under the time after which a client of the control socket thinks that we are stuck. */
export const searchBudgetMs = 3_000;
/** Summaries looked at in one turn. */
const flowsPerTurn = 200;
/** Characters between two looks at the clock: some 20 ms with the most hostile pattern, well under one without. */
const sliceLength = 8 * 1024;
const turnMs = 4;

/** Null: `before` is not of this run. */
export async function searchFlows(deps: SearchDeps, question: SearchQuestion): Promise<SearchResult | null> {
  const { clock } = deps;
  const { filter, limit, budgetMs = Number.POSITIVE_INFINITY, isGone = () => false } = question;
  const candidates = deps.flowLog.newest(question.before);
  if (candidates === null) return null;
  const begunAt = clock.monotonic();
  const turn = createTurn(clock);
  const found: CapturedFlow[] = [];
  for (const [index, flow] of candidates.entries()) {
    if (index > 0 && index % flowsPerTurn === 0) await turn.next();
    if (found.length >= limit || isGone()) return page(found, candidates[index - 1]);
    const record = flow.record();
    const verdict = filter.verdict(record, clock.now());
    if (verdict ?? (await fitsByContent(flow, record, filter, deps, turn))) found.push(flow);
    // Only bodies take long enough; one flow at least was looked at, so that every answer is a step.
    if (verdict === null && clock.monotonic() - begunAt > budgetMs) return page(found, flow, candidates.at(-1));
  }
  return page(found);
}

function page(found: readonly CapturedFlow[], last?: CapturedFlow, oldest?: CapturedFlow): SearchResult {
  const isOver = last === undefined || last.id === oldest?.id;
  return { flows: found.toReversed(), older: isOver ? null : last.id };
}

interface Turn {
  /** Lets others have theirs when this one has lasted long enough. */
  pause(): Promise<void> | undefined;
  next(): Promise<void>;
}

function createTurn(clock: Clock): Turn {
  let begunAt = clock.monotonic();
  const next = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    begunAt = clock.monotonic();
  };
  return { next, pause: () => (clock.monotonic() - begunAt > turnMs ? next() : undefined) };
}

async function fitsByContent(
  flow: CapturedFlow,
  record: FlowRecord,
  filter: CompiledFilter,
  deps: SearchDeps,
  turn: Turn,
): Promise<boolean> {
  const answers = new Map<ContentSearch, boolean>();
  const bodies = new Map<FlowSide, Promise<SearchedBody>>();
  for (const search of filter.contentSearches) {
    answers.set(search, await answerTo(search));
    const verdict = filter.verdict(record, deps.clock.now(), (asked) => answers.get(asked) ?? null);
    if (verdict !== null) return verdict;
  }
  return false;

  async function answerTo(search: ContentSearch): Promise<boolean> {
    if (search.of === "content-type") return contentTypes(flow).some(search.fits);
    for (const side of search.sides) {
      const body = bodies.get(side) ?? readBody(flow, side, redactorOf(flow, deps.redactor), turn);
      bodies.set(side, body);
      if (await isIn(await body, search)) return true;
    }
    return false;
  }

  /** Nothing is found that would not be shown: a hit counts when the masked text has it, too. */
  async function isIn({ text, shown }: SearchedBody, search: Extract<ContentSearch, { of: "body" }>): Promise<boolean> {
    // Who looks for the mask itself finds it in the masked text only.
    const asksForMask = search.term.match.text.includes("•");
    if (!asksForMask && !(await scanned(text, search))) return false;
    const masked = await shown();
    return masked === text && !asksForMask ? true : scanned(masked, search);
  }

  async function scanned(text: string, search: Extract<ContentSearch, { of: "body" }>): Promise<boolean> {
    const scan = search.start();
    for (let at = 0; at < text.length; at += sliceLength) {
      if (scan.push(text.slice(at, at + sliceLength))) return true;
      await turn.pause();
    }
    return scan.end();
  }
}

const allSides: readonly FlowSide[] = ["client-request", "upstream-request", "upstream-reply", "client-reply"];

function contentTypes(flow: CapturedFlow): readonly string[] {
  return allSides.flatMap((side) => headerValue(flow.side(side)?.head?.headers ?? [], "content-type") ?? []);
}

interface SearchedBody {
  readonly text: string;
  /** The same as it is shown: masked. */
  readonly shown: () => Promise<string>;
}

/** As far as it was kept. Binary bodies as the screen decodes them, and as if they were text where it cannot. */
async function readBody(flow: CapturedFlow, name: FlowSide, redactor: Redactor, turn: Turn): Promise<SearchedBody> {
  const side = flow.side(name);
  if (side === undefined || side.captured === 0) return { text: "", shown: () => Promise.resolve("") };
  const headers = side.head?.headers ?? [];
  const encoding = headerValue(headers, "content-encoding") ?? null;
  const { bytes, error } = await decodeBody(side.chunks, encoding, maxViewBytes, side.captured === side.bytes);
  const body: BinaryBody = {
    bytes,
    contentType: headerValue(headers, "content-type") ?? null,
    envelopeEncoding: headerValue(headers, "connect-content-encoding") ?? null,
    ...placeOf(flow, name),
  };
  const decoded = error === undefined ? await joined(decodedPieces(body), turn) : null;
  if (decoded === null) {
    const text = bytes.toString("utf8");
    return { text, shown: () => redactInTurns(text, redactor) };
  }
  const shown = async (): Promise<string> => {
    const masked = await maskBody(bytes, body.contentType, redactor);
    return redactInTurns((await joined(decodedPieces({ ...body, bytes: masked }), turn)) ?? "", redactor);
  };
  return { text: decoded, shown };
}

async function joined(pieces: Iterable<string> | null, turn: Turn): Promise<string | null> {
  if (pieces === null) return null;
  const out: string[] = [];
  for (const piece of pieces) {
    out.push(piece);
    await turn.pause();
  }
  return out.join("");
}
