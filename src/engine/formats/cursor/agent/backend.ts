/**
 * Cursor's `agent.v1.AgentService`, played: a run from its request to its end frame (docs/formats/cursor.md). First
 * what the state names is fetched and the request's context asked for; then the model is asked; its calls are errands for
 * the client, whose results are the next question; at last what is new is given into the client's keeping, and the turn ends.
 */
import { unreachable } from "../../../../base/unreachable.ts";
import type { EngineError } from "../../../errors/engine-error.ts";
import { createLosses } from "../../../hub/losses.ts";
import type { HubMessage } from "../../../hub/message.ts";
import type { HubRequest } from "../../../hub/request.ts";
import type { StreamEvent } from "../../../hub/stream.ts";
import { addUsage, noUsage, type Usage } from "../../../hub/usage.ts";
import type { Backend, BackendOptions, BackendStep } from "../backend.ts";
import { endFrame } from "../end-frame.ts";
import { decodeMessage, MessageError, type Message } from "../wire/schema.ts";
import { createAnswer, type Answer } from "./answer.ts";
import { builtInNames, createToolbox, errandOf, type Call, type Errand, type Toolbox } from "./calls.ts";
import { bytes, count, list, sub, text, textList, whichOf } from "./fields.ts";
import { createKeeping, tooManyBlobs } from "./keeping.ts";
import { failed as failedTool, readMcpTools } from "./mcp.ts";
import { checkpoints, heartbeat, sends, updates } from "./messages.ts";
import { missingBlobs, readOpening } from "./opening.ts";
import { systemPrompt, userParts } from "./prompt.ts";
import { createRecorder, type Recorder } from "./record.ts";
import { mayChange, modelOf, readContext, readRun, type Run } from "./run.ts";
import { resultFields, type Finished } from "./built-in.ts";
import { createShellStream, type ShellStream } from "./shell-stream.ts";
import { createWaiting } from "./waiting.ts";

/** A person may have to allow a command first, and may have gone for lunch. Signs of life count. */
const errandLimitMs = 60 * 60_000;
const contextLimitMs = 60_000;
/** A stream that is opened has its first message right behind it. */
const openingLimitMs = 30_000;
/** One that was only opened to be ready waits for its user. */
const prewarmedLimitMs = 10 * 60_000;
/** Some models think for a quarter of an hour without a word; the client, which hears heartbeats, would wait for ever. */
const modelLimitMs = 30 * 60_000;

type Phase = "new" | "loading" | "asking" | "errands" | "keeping" | "over";

interface Running extends Call {
  readonly errand: Errand;
  readonly startedAt: number;
  readonly answers: Message[];
  readonly shell: ShellStream;
  finished: Finished | null;
}

type ExecRequest = { readonly kind: "context" } | { readonly kind: "call"; readonly call: Running };

export function createAgentBackend({ newId, now }: Omit<BackendOptions, "service">): Backend {
  const keeping = createKeeping<{ readonly call: Running; readonly result: Message }>();
  const { blobs } = keeping;
  const losses = createLosses();
  const exec = createWaiting<ExecRequest>(errandLimitMs);
  const startedAt = now();
  let phase: Phase = "new";
  let isOpened = false;
  let hasLeft = false;
  let run: Run | null = null;
  let context: Message | undefined;
  let contextAskedAt: number | null = null;
  let modelHeardAt = startedAt;
  let toolbox: Toolbox = createToolbox([], { mayChange: true, workspace: "" });
  let recorder: Recorder | null = null;
  let messages: HubMessage[] = [];
  let answer: Answer | null = null;
  let calls: readonly Running[] = [];
  let usage: Usage = noUsage;
  let lastUsage: Usage = noUsage;
  let queued: Message[] = [];
  let afterKeeping: "ask" | "end" = "end";

  const end = (frame: Uint8Array): BackendStep => {
    phase = "over";
    keeping.clear();
    exec.clear();
    return { type: "end", bytes: frame, losses: losses.list() };
  };

  const fail = (error: EngineError): readonly BackendStep[] => {
    if (phase === "over") return [];
    const drop: readonly BackendStep[] = phase === "asking" ? [{ type: "drop-question" }] : [];
    const aborts = exec.ids().map((id) => sends({ execServerControlMessage: { abort: { id } } }));
    return [...drop, ...aborts, end(endFrame(error))];
  };

  // ---------------------------------------------------------------- before the model is asked

  const open = (model: string | null, session: string | null): readonly BackendStep[] => {
    if (isOpened) return [];
    isOpened = true;
    return [{ type: "opened", model, session }];
  };

  const begin = (message: Uint8Array, request: Message): readonly BackendStep[] => {
    if (phase !== "new") return fail({ kind: "bad-request", message: "a second run on one stream" });
    const read = readRun(message, request);
    if (!read.ok) {
      const opened = open(read.model, read.session);
      phase = "over";
      return [...opened, { type: "decline", why: read.why }];
    }
    run = read.run;
    const steps = [...open(run.model, run.session)];
    for (const blob of run.preFetched) {
      if (!blobs.received(bytes(blob, "id"), bytes(blob, "value"))) return [...steps, ...fail(tooManyBlobs)];
    }
    phase = "loading";
    context = run.requestContext;
    if (context === undefined && run.wantsContext) {
      contextAskedAt = now();
      steps.push(sends({ execServerMessage: { id: exec.open({ kind: "context" }, now()), requestContextArgs: {} } }));
    }
    return [...steps, ...load()];
  };

  const load = (): readonly BackendStep[] => {
    if (run === null) return [];
    const opened = run;
    const fetching = keeping.fetch(() => missingBlobs(opened, blobs), now());
    if (!fetching.ok) return fail(fetching.error);
    if (keeping.isWaiting || contextAskedAt !== null) return fetching.steps;
    return [...fetching.steps, ...ready(opened)];
  };

  const ready = (opened: Run): readonly BackendStep[] => {
    const { system, history, untold } = readOpening(opened, blobs, losses);
    const tools = [...opened.mcpTools, ...list(context, "tools")];
    toolbox = createToolbox(readMcpTools(tools, opened.mcpStructs, builtInNames), {
      mayChange: mayChange(opened.mode),
      workspace: textList(sub(context, "env"), "workspacePaths")[0] ?? "",
    });
    recorder = createRecorder(opened, blobs);
    for (const message of untold) recorder.said(message);
    const { customPrompt, mode } = opened;
    const prompt = systemPrompt({ customPrompt, mode, context, hasRole: system.length > 0 });
    const own: readonly HubMessage[] =
      prompt === "" ? [] : [{ role: "system", parts: [{ type: "text", text: prompt }] }];
    messages = [...system, ...own, ...history];
    if (Object.keys(sub(context, "fileContents") ?? {}).length > 0) {
      losses.add("document", "files that the client put into its request context");
    }
    for (const message of opened.prepended) hear(message);
    if (opened.action === "message") hear(opened.userMessage);
    else resume();
    return ask();
  };

  /** The user says something: a turn begins. */
  const hear = (message: Message | undefined): void => {
    const parts = userParts(message, blobs, losses);
    recorder?.begin(message ?? {});
    if (parts.length > 0) say({ role: "user", parts });
  };

  const say = (message: HubMessage): void => {
    messages.push(message);
    recorder?.said(message);
  };

  /** Calls whose results never came are told as that; an answer that broke off is asked to go on. */
  const resume = (): void => {
    const results = new Set(messages.flatMap((message) => (message.role === "tool" ? [message.callId] : [])));
    const left = messages.flatMap((message) => (message.role === "assistant" ? message.parts : []));
    for (const part of left) {
      if (part.type !== "tool-call" || results.has(part.id)) continue;
      const { parts, isError } = failedTool("The call was interrupted.");
      say({ role: "tool", callId: part.id, parts, isError });
    }
    const last = messages.at(-1);
    if (last === undefined || last.role === "assistant" || last.role === "system") {
      losses.add("message", "the client asks to go on; the model is asked so in words");
      messages.push({ role: "user", parts: [{ type: "text", text: "Go on." }] });
    }
  };

  // ---------------------------------------------------------------- the model

  const ask = (): readonly BackendStep[] => {
    if (run === null) return [];
    phase = "asking";
    modelHeardAt = now();
    answer = createAnswer({ toolbox, modelCallId: newId(), now, losses });
    const request: HubRequest = {
      model: run.model ?? "default",
      messages: [...messages],
      tools: toolbox.tools,
      stream: true,
      wantsStreamUsage: true,
      stop: [],
      ...(run.thinking === undefined ? {} : { thinking: run.thinking }),
      extras: {},
    };
    return [{ type: "ask", request, losses: losses.list() }];
  };

  const model = (event: StreamEvent): readonly BackendStep[] => {
    if (phase !== "asking" || answer === null) return [];
    if (event.type === "error") {
      phase = "keeping";
      return fail(event.error);
    }
    modelHeardAt = now();
    const shown = answer.note(event);
    return event.type === "reply-end" ? [...shown, ...answered(answer, event.usage)] : shown;
  };

  const answered = (reply: Answer, used: Usage): readonly BackendStep[] => {
    usage = addUsage(usage, used);
    lastUsage = used;
    const steps: BackendStep[] = used.output > 0 ? [updates({ tokenDelta: { tokens: used.output } })] : [];
    if (reply.parts.length > 0) say({ role: "assistant", parts: reply.parts });
    for (const step of reply.steps) recorder?.step(step);
    if (reply.calls.length > 0) return [...steps, ...errands(reply)];
    const [next] = queued;
    if (next !== undefined) {
      queued = queued.slice(1);
      hear(next);
      steps.push(updates({ userMessageAppended: { userMessage: next } }));
    }
    return [...steps, ...keep(next === undefined ? "end" : "ask")];
  };

  // ---------------------------------------------------------------- errands

  const errands = (reply: Answer): readonly BackendStep[] => {
    phase = "errands";
    calls = reply.calls.map((call) => ({
      ...call,
      errand: errandOf(toolbox, call),
      startedAt: now(),
      answers: [],
      shell: createShellStream(),
      finished: null,
    }));
    const steps = calls.flatMap((call) => [...started(call), ...goOn(call)]);
    return [...steps, ...whenAllDone()];
  };

  const card = (call: Running, result?: Message): Message => {
    const { cardKind, cardArgs } = call.errand;
    const inner = { args: cardArgs, ...(result === undefined ? {} : { result }) };
    const completed = result === undefined ? {} : { completedAtMs: Math.max(now(), call.startedAt + 1) };
    return { [cardKind ?? "mcpToolCall"]: inner, toolCallId: call.id, startedAtMs: call.startedAt, ...completed };
  };

  const started = (call: Running): readonly BackendStep[] => {
    if (call.errand.cardKind === null) return [];
    return [
      updates({ toolCallStarted: { callId: call.id, toolCall: card(call), modelCallId: answer?.modelCallId ?? "" } }),
    ];
  };

  /** The next request of this call, or its end. */
  const goOn = (call: Running): readonly BackendStep[] => {
    const request = call.errand.ask(call.answers);
    if (request === null) return finish(call, call.errand.finish(call.answers));
    return [
      sends({ execServerMessage: { id: exec.open({ kind: "call", call }, now()), execId: newId(), ...request } }),
    ];
  };

  const finish = (call: Running, finished: Finished): readonly BackendStep[] => {
    call.finished = finished;
    if (call.errand.cardKind === null) return [];
    const toolCall = card(call, finished.card);
    return [updates({ toolCallCompleted: { callId: call.id, toolCall, modelCallId: answer?.modelCallId ?? "" } })];
  };

  const whenAllDone = (): readonly BackendStep[] => {
    if (phase !== "errands" || calls.some(({ finished }) => finished === null)) return [];
    for (const call of calls) {
      if (call.finished === null) continue;
      const { tool, card: result } = call.finished;
      say({ role: "tool", callId: call.id, ...tool });
      if (call.errand.cardKind !== null) recorder?.step({ toolCall: card(call, result) });
    }
    calls = [];
    return keep("ask");
  };

  const onExec = (result: Message): readonly BackendStep[] => {
    const id = count(result, "id");
    const waiting = exec.see(id);
    if (waiting === undefined) return [];
    exec.heard(id, now());
    const field = whichOf(result, resultFields);
    const outcome = field === null ? undefined : sub(result, field);
    if (waiting.kind === "context") {
      if (field !== "requestContextResult" || outcome === undefined) return [];
      return gotContext(id, readContext(outcome));
    }
    const { call } = waiting;
    const piece = sub(result, "shellStream");
    const whole = piece === undefined ? outcome : call.shell.note(piece, text(call.errand.cardArgs, "command"));
    // A result of a kind that is not known here is one all the same: the client waits for no more.
    if (whole === undefined && piece !== undefined) return [];
    exec.close(id);
    if (whole === undefined)
      return [...finish(call, call.errand.fail("The client's answer is not in a form known here.")), ...whenAllDone()];
    const kept = outputBlob(whole);
    if (kept === null) return took(call, whole);
    return [keeping.fetchOutput(kept, { call, result: whole }, now())];
  };

  const took = (call: Running, result: Message): readonly BackendStep[] => {
    call.answers.push(result);
    return [...goOn(call), ...whenAllDone()];
  };

  const gotContext = (id: number, found: Message | undefined): readonly BackendStep[] => {
    exec.close(id);
    contextAskedAt = null;
    context = found;
    if (found === undefined) losses.add("message", "the request's context, which the client did not give");
    return phase === "loading" ? load() : [];
  };

  const onControl = (control: Message): readonly BackendStep[] => {
    const beat = sub(control, "heartbeat");
    if (beat !== undefined) exec.heard(count(beat, "id"), now());
    const thrown = sub(control, "throw");
    const closed = sub(control, "streamClose");
    const id = count(thrown ?? closed, "id");
    const waiting = thrown === undefined && closed === undefined ? undefined : exec.see(id);
    if (waiting === undefined) return [];
    if (waiting.kind === "context") return gotContext(id, undefined);
    exec.close(id);
    const { call } = waiting;
    const partial = call.shell.cut();
    if (thrown === undefined && partial !== null) {
      call.answers.push(partial);
      return [...goOn(call), ...whenAllDone()];
    }
    const why =
      thrown === undefined
        ? "The client ended the call without a result."
        : `The call failed: ${text(thrown, "error")}`;
    return [...finish(call, call.errand.fail(why)), ...whenAllDone()];
  };

  // ---------------------------------------------------------------- what the client keeps

  const keep = (then: "ask" | "end"): readonly BackendStep[] => {
    phase = "keeping";
    afterKeeping = then;
    const steps = keeping.keep(recorder?.prepare() ?? [], now());
    return [...steps, ...whenKept()];
  };

  const whenKept = (): readonly BackendStep[] => {
    if (phase !== "keeping" || keeping.isWaiting || recorder === null) return [];
    const state = checkpoints(recorder.state(lastUsage.input + lastUsage.output));
    if (afterKeeping === "ask") return hasLeft ? fail(clientLeft) : [state, ...ask()];
    const { input, output, cacheRead, cacheWrite, reasoning } = usage;
    const turnEnded = {
      inputTokens: Math.max(0, input - cacheRead - cacheWrite),
      outputTokens: output,
      cacheReadTokens: cacheRead,
      cacheWriteTokens: cacheWrite,
      reasoningTokens: reasoning,
    };
    return [updates({ turnEnded }), state, end(endFrame())];
  };

  const onKv = (result: Message): readonly BackendStep[] => {
    const news = keeping.answered(result);
    switch (news.type) {
      case "nothing":
        return [];
      case "fetched":
        return load();
      case "output":
        return took(news.of.call, news.bytes === null ? news.of.result : withOutput(news.of.result, news.bytes));
      case "confirmed":
        return whenKept();
      case "failed":
        return fail(news.error);
      default:
        return unreachable(news);
    }
  };

  // ---------------------------------------------------------------- the client

  const onAction = (action: Message): readonly BackendStep[] => {
    if (sub(action, "cancelAction") !== undefined)
      return fail({ kind: "client-gone", message: "The run was canceled." });
    const message = sub(sub(action, "userMessageAction"), "userMessage");
    if (message !== undefined && phase !== "new") {
      queued.push(message);
      return [];
    }
    return fail({
      kind: "unsupported",
      message: "the client asks for something in the middle of a run that is not done here",
    });
  };

  const client = (message: Uint8Array): readonly BackendStep[] => {
    if (phase === "over") return [];
    let read: Message;
    try {
      read = decodeMessage("AgentClientMessage", message);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      return fail({ kind: "bad-request", message: "a message of the client cannot be read" });
    }
    const kinds: Readonly<Record<string, (inner: Message) => readonly BackendStep[]>> = {
      runRequest: (inner) => begin(message, inner),
      execClientMessage: onExec,
      kvClientMessage: onKv,
      conversationAction: onAction,
      execClientControlMessage: onControl,
      // Nothing is got ready here; the model it names is what the rules are asked with.
      prewarmRequest: (inner) => open(modelOf(inner), text(inner, "conversationId") || null),
    };
    const kind = whichOf(read, Object.keys(kinds));
    // A heartbeat, an answer to a question we never ask, or a kind of message that is newer than this program.
    return kind === null ? [] : (kinds[kind]?.(sub(read, kind) ?? {}) ?? []);
  };

  return {
    client,
    clientEnd() {
      hasLeft = true;
      if (phase === "new") return [end(endFrame())];
      // Who says nothing more cannot answer either; a model that is speaking may finish.
      return keeping.isWaiting || exec.size > 0 ? fail(clientLeft) : [];
    },
    model,
    failed: (error) => (phase === "asking" ? ((phase = "keeping"), fail(error)) : []),
    tick(nowMs) {
      if (phase === "over") return [];
      if (phase === "new" && isOpened && nowMs - startedAt > prewarmedLimitMs) return [end(endFrame())];
      if (phase === "new" && !isOpened && nowMs - startedAt > openingLimitMs) return fail(late("its request"));
      if (phase === "asking" && nowMs - modelHeardAt > modelLimitMs) return fail(modelSilent);
      if (keeping.isLate(nowMs)) return fail(late("a part of the conversation that it keeps"));
      if (contextAskedAt !== null && nowMs - contextAskedAt > contextLimitMs)
        return fail(late("the request's context"));
      if (exec.isLate(nowMs)) return fail(late("the result of a tool"));
      return phase === "new" && !isOpened ? [] : [updates(heartbeat)];
    },
  };
}

const clientLeft: EngineError = { kind: "client-gone", message: "The client closed its side before the run was over." };
const modelSilent: EngineError = { kind: "timeout", message: "the model has said nothing for half an hour" };

/** A read whose content is a blob in the client's keeping. */
function outputBlob(result: Message): Uint8Array | null {
  const success = sub(result, "success");
  const id = bytes(success, "outputBlobId");
  return id.byteLength === 0 || Object.hasOwn(success ?? {}, "content") ? null : id;
}

function withOutput(result: Message, output: Uint8Array): Message {
  return { ...result, success: { ...sub(result, "success"), content: Buffer.from(output).toString("utf8") } };
}

function late(what: string): EngineError {
  return { kind: "timeout", message: `the client was asked for ${what} and did not answer` };
}
