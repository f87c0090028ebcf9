import { expect, it } from "vitest";
import { createCallLinks } from "./call-links.ts";

const facts = [{ type: "described", session: "s" }] as const;

it("tells a flow what the others of its call said before it", () => {
  const links = createCallLinks({ monotonic: () => 0 });
  expect(links.add("append", { id: "call", facts })).toEqual({ known: facts, others: [] });
  expect(links.add("stream", { id: "call", facts: [] })).toEqual({ known: facts, others: [] });
});

it("names the flows for which something is news", () => {
  const links = createCallLinks({ monotonic: () => 0 });
  links.add("stream", { id: "call", facts: [] });
  links.add("other", { id: "another call", facts: [] });
  expect(links.add("append", { id: "call", facts })).toEqual({ known: facts, others: ["stream"] });
});

it("forgets calls that are old, and those that are too many", () => {
  let now = 0;
  const links = createCallLinks({ monotonic: () => now });
  links.add("append", { id: "old", facts });
  now += 61 * 60_000;
  links.add("x", { id: "new", facts });
  expect(links.add("stream", { id: "old", facts: [] }).known).toEqual([]);
  links.add("append", { id: "first", facts });
  for (let index = 0; index < 300; index += 1) links.add(`f${index}`, { id: `c${index}`, facts });
  expect(links.add("stream", { id: "first", facts: [] }).known).toEqual([]);
  expect(links.add("stream", { id: "c299", facts: [] }).known).toEqual(facts);
});
