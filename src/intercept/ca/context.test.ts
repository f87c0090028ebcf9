import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dayMs, handClock, hourMs, makeHome, optionsFor, type Home } from "./__fixtures__/support.ts";
import { openAuthority } from "./authority.ts";
import { CaError, type CaErrorKind } from "./error.ts";
import { maxCachedLeafs } from "./leaf-cache.ts";
import { maxMintBurst } from "./mint-budget.ts";

let home: Home;

beforeEach(() => {
  home = makeHome();
});
afterEach(() => home.remove());

describe("contextFor", () => {
  it("hands out the same context until it is time for a new one", async () => {
    const clock = handClock();
    const authority = await openAuthority(optionsFor(home, { clock }));
    const first = authority.contextFor("API.anthropic.com.");
    expect(authority.contextFor("api.anthropic.com")).toBe(first);
    clock.move(18 * dayMs);
    expect(authority.contextFor("api.anthropic.com")).toBe(first);
    clock.move(2 * dayMs);
    const second = authority.contextFor("api.anthropic.com");
    expect(second).not.toBe(first);
    clock.move(-22 * dayMs - 20 * hourMs); // the clock was wrong, and is set back before the leaf's first day
    clock.move(3 * dayMs);
    expect(authority.contextFor("api.anthropic.com")).not.toBe(second);
  });

  it("stops with a reason on the day the authority ends", async () => {
    const clock = handClock();
    const authority = await openAuthority(optionsFor(home, { clock }));
    clock.move(authority.expiresAt - clock.now() - 1000);
    expect(thrownBy(() => authority.contextFor("localhost"))).toBeUndefined();
    clock.move(1000);
    expect(thrownBy(() => authority.contextFor("localhost"))).toBe("expired");
  });

  it("keeps the contexts in use and drops those longest unused", async () => {
    const authority = await openAuthority(optionsFor(home));
    const used = authority.contextFor("used.githubcopilot.com");
    const unused = authority.contextFor("unused.githubcopilot.com");
    for (let index = 0; index < maxCachedLeafs; index += 1) {
      authority.contextFor(`h${index}.githubcopilot.com`);
      expect(authority.contextFor("used.githubcopilot.com")).toBe(used);
    }
    expect(authority.contextFor("unused.githubcopilot.com")).not.toBe(unused);
  });

  it("does not let a flood of made-up subdomains eat memory and time, and recovers from it", async () => {
    const clock = handClock();
    const authority = await openAuthority(optionsFor(home, { clock }));
    const known = authority.contextFor("known.githubcopilot.com");
    const before = process.memoryUsage().rss;
    const refused: (CaErrorKind | undefined)[] = [];
    for (let index = 0; index < 10_000; index += 1) {
      authority.contextFor("known.githubcopilot.com");
      refused.push(thrownBy(() => authority.contextFor(`h${index}.githubcopilot.com`)));
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
    expect(refused.filter((kind) => kind === undefined)).toHaveLength(maxMintBurst - 1);
    expect(refused.filter((kind) => kind === "busy")).toHaveLength(10_000 - maxMintBurst + 1);
    expect(authority.contextFor("known.githubcopilot.com")).toBe(known);
    clock.move(1000);
    const later = Array.from({ length: 3 }, (_, index) => thrownBy(() => authority.contextFor(`n${index}.openai.com`)));
    expect(later).toEqual([undefined, undefined, "busy"]);
  });

  it.each<[string, CaErrorKind]>([
    ["bank.example", "out-of-scope"],
    ["evilopenai.com", "out-of-scope"],
    ["com", "out-of-scope"],
    ["constructor", "out-of-scope"],
    ["toString", "out-of-scope"],
    ["__proto__", "bad-host"],
    ["../x", "bad-host"],
    ["a/../../b.openai.com", "bad-host"],
    ["a\0.openai.com", "bad-host"],
    ["%2e%2e.openai.com", "bad-host"],
    ["*.openai.com", "bad-host"],
    [`${"a".repeat(300)}.openai.com`, "bad-host"],
    ["", "bad-host"],
    ["127.0.0.1", "bad-host"],
    ["[::1]", "bad-host"],
  ])("makes none for %j", async (host, kind) => {
    const authority = await openAuthority(optionsFor(home));
    const before = readdirSync(home.dir);
    expect(thrownBy(() => authority.contextFor(host))).toBe(kind);
    expect(authority.inScope(host)).toBe(false);
    expect(readdirSync(home.dir)).toEqual(before);
  });
});

function thrownBy(work: () => unknown): CaErrorKind | undefined {
  try {
    work();
  } catch (error) {
    return error instanceof CaError ? error.kind : undefined;
  }
  return undefined;
}
