/** The page's script with the few things of a browser that it touches. */
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { pageScript, pageStyle } from "./assets.ts";

interface Status {
  readonly revision: string | null;
  readonly secondsLeft: number | null;
}

function browser({ live = "yes", hidden = false }: { readonly live?: string; readonly hidden?: boolean } = {}) {
  const answers: (Status | null)[] = [];
  const waits: { readonly ms: number; readonly go: () => unknown }[] = [];
  const went: string[] = [];
  const copied: string[] = [];
  let press = (): unknown => undefined;
  const elements: Record<string, Record<string, unknown>> = {
    main: { dataset: { revision: "1", live } },
    "#left": { textContent: "" },
    "#lost": { hidden: true },
    "#code": { textContent: "ABCD-EFGH" },
    "#copy": {
      hidden: true,
      textContent: "Copy the code",
      addEventListener: (_type: string, listener: () => unknown) => (press = listener),
    },
  };
  const asked: unknown[][] = [];
  const context = createContext({
    document: { hidden, querySelector: (name: string) => elements[name] ?? null },
    navigator: { clipboard: { writeText: (text: string) => Promise.resolve(void copied.push(text)) } },
    location: { replace: (path: string) => went.push(path) },
    setTimeout: (go: () => unknown, ms: number) => waits.push({ go, ms }),
    fetch: (...words: unknown[]) => {
      asked.push(words);
      const answer = answers.shift() ?? null;
      return answer === null
        ? Promise.reject(new Error("gone"))
        : Promise.resolve({ json: () => Promise.resolve(answer) });
    },
  });
  runInContext(pageScript, context);
  return {
    elements,
    went,
    copied,
    asked,
    waits,
    press: () => press(),
    /** The next look, answered so; null: nobody answers. */
    look: async (answer: Status | null): Promise<void> => {
      answers.push(answer);
      await waits.shift()?.go();
    },
  };
}

describe("the script of the login page", () => {
  it("counts down, and asks for the page again when there is something else to show", async () => {
    const { look, elements, went, asked, waits } = browser();
    for (const [secondsLeft, words] of [
      [599, "about 10 minutes"],
      [89, "about a minute"],
      [59, "less than a minute"],
    ] as const) {
      await look({ revision: "1", secondsLeft });
      expect(elements["#left"]?.["textContent"]).toBe(words);
    }
    expect([went, waits.length, waits[0]?.ms]).toEqual([[], 1, 1500]);
    await look({ revision: "2", secondsLeft: null });
    expect([went, waits.length]).toEqual([["/v0/oauth/kiro"], 0]);
    expect(asked[0]).toEqual(["/v0/oauth/kiro/status", { cache: "no-store", redirect: "error" }]);
  });

  it("says after three looks in vain that nobody answers, and takes it back", async () => {
    const { look, elements } = browser();
    const isHidden = (): unknown => elements["#lost"]?.["hidden"];
    await look(null);
    await look(null);
    expect(isHidden()).toBe(true);
    await look(null);
    expect(isHidden()).toBe(false);
    await look({ revision: "1", secondsLeft: 5 });
    expect(isHidden()).toBe(true);
  });

  it("whose page is over asks for the page, which says so", async () => {
    const { look, went } = browser();
    await look({ revision: null, secondsLeft: null });
    expect(went).toEqual(["/v0/oauth/kiro"]);
  });

  it("looks less often where nobody sees it, and not at all where nothing can change", async () => {
    const unseen = browser({ hidden: true });
    await unseen.look({ revision: "1", secondsLeft: 5 });
    expect(unseen.waits[0]?.ms).toBe(5000);
    expect(browser({ live: "no" }).waits).toEqual([]);
  });

  it("copies the code", async () => {
    const { press, elements, copied } = browser({ live: "no" });
    expect(elements["#copy"]?.["hidden"]).toBe(false);
    await press();
    expect([copied, elements["#copy"]?.["textContent"]]).toEqual([["ABCD-EFGH"], "Copied"]);
  });
});

describe("its style", () => {
  const palettes = [...pageStyle.matchAll(/:root \{([^}]*--ground[^}]*)\}/g)].map(([, block = ""]) =>
    Object.fromEntries(
      [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name = "", value = ""]) => [name, value]),
    ),
  );
  const pairs = [
    ["ink", "ground"],
    ["ink", "card"],
    ["quiet", "ground"],
    ["link", "ground"],
    ["bad", "card"],
    ["on-button", "button"],
  ] as const;

  it("has a light and a dark palette, both to be read by everybody", () => {
    expect(palettes).toHaveLength(2);
    for (const palette of palettes) {
      for (const [front, back] of pairs)
        expect(contrast(palette[front] ?? "", palette[back] ?? "")).toBeGreaterThan(4.5);
    }
  });

  it("asks for nothing from elsewhere", () => {
    expect(pageStyle).not.toMatch(/url\(|@import|https?:/);
    expect(pageScript).not.toMatch(/https?:|innerHTML|eval|import\(/);
  });
});

/** WCAG 2.2, relative luminance. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string): number =>
    [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, index) => sum + part * ([0.2126, 0.7152, 0.0722][index] ?? 0), 0);
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
