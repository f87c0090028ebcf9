/** Which of a provider's addresses is asked, and what is left of an answer that was looked into on the way. */
import { describe, expect, it } from "vitest";
import type { FlowTap } from "../../base/flow.ts";
import { headerValue } from "../../base/headers.ts";
import { bodyOf, type HttpReply, type HttpRequest } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import type { Origin, Provider } from "../providers/provider.ts";
import { readWhole } from "./read-body.ts";
import { sendTo } from "./send.ts";

const origin = (host: string): Origin => ({ scheme: "https", host, port: 443, authority: host });
const first = origin("a.test");

function provider(more: Partial<Provider> = {}): Provider {
  return {
    id: "p",
    format: "kiro",
    origin: first,
    origins: [first, origin("b.test"), origin("c.test")],
    target: (path) => path,
    authorize: () => [],
    writeOptions: (model) => ({ model, maxTokensDefault: 1 }),
    ...more,
  };
}

type Said = { readonly status: number; readonly body?: string } | "unreachable";

async function ask(asked: Provider, answers: Readonly<Record<string, Said>>) {
  const requests: HttpRequest[] = [];
  const why: string[] = [];
  const send = async (request: HttpRequest): Promise<HttpReply> => {
    requests.push(request);
    const said = answers[request.host] ?? "unreachable";
    if (said === "unreachable") throw new UpstreamError("refused", "connect", `nobody listens at ${request.host}`);
    return { status: said.status, headers: [], body: bodyOf(said.body ?? "") };
  };
  const tap: FlowTap = {
    id: "f",
    tell: (event) => void (event.type === "why" && why.push(event.step.text)),
    head: () => undefined,
    chunk: () => undefined,
  } as Partial<FlowTap> as FlowTap; // as much of it as is used here
  const clock = { now: () => 0, monotonic: () => 0 };
  const reply = await sendTo({
    tools: { send, clock, random: { bytes: (count) => Buffer.alloc(count) } },
    tap,
    provider: asked,
    credential: null,
    call: { path: "/call", headers: [["x-kind", "client's"]], body: Buffer.from("{}") },
    signal: new AbortController().signal,
    via: undefined,
  });
  const whole = await readWhole(reply.body, 1_000_000);
  return {
    status: reply.status,
    text: whole.ok ? whole.bytes.toString("utf8") : null,
    hosts: requests.map(({ host }) => host),
    requests,
    why,
  };
}

const picky = (more: Partial<Provider> = {}): Provider =>
  provider({ goesElsewhere: (status, body) => status === 403 && !body.toString().includes("locked"), ...more });

describe("a provider with several addresses", () => {
  it("is asked at the next where one cannot be reached or cannot serve now", async () => {
    const told = await ask(provider(), { "b.test": { status: 503 }, "c.test": { status: 200, body: "yes" } });
    expect(told).toMatchObject({ status: 200, text: "yes", hosts: ["a.test", "b.test", "c.test"] });
    expect(told.why).toEqual(["nobody listens at a.test: on to b.test", "b.test answered 503: on to c.test"]);
  });

  it("may say itself what sends a call on; everything else is the answer, still to be read", async () => {
    const goes = await ask(picky(), {
      "a.test": { status: 403, body: "not here" },
      "b.test": { status: 200, body: "yes" },
    });
    expect(goes).toMatchObject({ status: 200, text: "yes", hosts: ["a.test", "b.test"] });
    const stays = await ask(picky(), { "a.test": { status: 403, body: "locked" } });
    expect(stays).toMatchObject({ status: 403, text: "locked", hosts: ["a.test"] });
    const long = "x".repeat(200_000);
    expect(await ask(picky(), { "a.test": { status: 429, body: long } })).toMatchObject({ status: 429, text: long });
  });

  it("keeps what one address said where the others cannot be reached", async () => {
    expect(await ask(picky(), { "a.test": { status: 403, body: "token" } })).toMatchObject({
      status: 403,
      text: "token",
      hosts: ["a.test", "b.test", "c.test"],
    });
    await expect(ask(picky(), {})).rejects.toThrow("nobody listens at c.test");
  });

  it("is asked with headers of each address, which replace the call's or take one out", async () => {
    const placed = picky({
      originHeaders: ({ host }, path, tried) =>
        tried === 0 ? [["x-kind", null]] : [["x-kind", `${host} ${path} ${tried}`]],
    });
    const { requests } = await ask(placed, { "a.test": { status: 403 }, "b.test": { status: 200 } });
    expect(requests.map(({ headers }) => headerValue(headers, "x-kind"))).toEqual([undefined, "b.test /call 1"]);
  });
});
