import { describe, expect, it } from "vitest";
import { baseUrlVariables, clientHint, clientHints } from "./client-hints.ts";
import { clientIds } from "./flow.ts";
import { launchVariables } from "./launch-env.ts";

describe("what is known of clients", () => {
  it("is known of every client that a call can be told to come from", () => {
    // `copilot` is the plug-in of editors: no program of its own.
    const wanted = clientIds.filter((id) => id !== "unknown" && id !== "copilot");
    expect(clientHints.map(({ id }) => id).toSorted()).toEqual(wanted.toSorted());
  });

  it("is found by every word for it, and by one client only", () => {
    const words = clientHints.flatMap(({ id, aliases }) => [id, ...aliases]);
    expect(new Set(words).size).toBe(words.length);
    for (const word of words) expect(clientHint(word.toUpperCase())).not.toBeNull();
    expect(clientHint("claude")?.id).toBe("claude-code");
    expect(clientHint("emacs")).toBeNull();
  });

  it.each(clientHints.map((hint) => [hint.id, hint] as const))("%s: `run` sets what it reads", (_id, hint) => {
    for (const name of hint.trust) expect(launchVariables).toContain(name);
    expect(hint.trust.length).toBeGreaterThan(0);
    expect(hint.hosts.length).toBeGreaterThan(0);
  });

  it.each(clientHints.flatMap(({ id, traps }) => traps.map((trap) => [id, trap] as const)))(
    "%s: $id is a sentence, and says what to do where the person has to",
    (_id, trap) => {
      expect(trap.text).toMatch(/\.$/);
      expect(trap.fix === undefined).toBe(trap.handled !== "you");
    },
  );

  it("names each variable that leads elsewhere once", () => {
    expect(new Set(baseUrlVariables).size).toBe(baseUrlVariables.length);
    expect(baseUrlVariables).toContain("ANTHROPIC_BASE_URL");
  });
});
