import { expect, it } from "vitest";
import { createDialogWatch } from "./dialog-watch.ts";
import type { Effect, Watch, Watched } from "./effect.ts";

interface World {
  readonly asked: string[];
  readonly news: Effect[];
  /** Answers the oldest open question. */
  readonly answer: (value: unknown) => Promise<void>;
  /** Lets the wait that runs end. */
  readonly wake: () => void;
  readonly look: (watch: Watch | null) => void;
}

function world(): World {
  const asked: string[] = [];
  const news: Effect[] = [];
  const open: { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }[] = [];
  const timers = new Set<() => void>();
  const watch = createDialogWatch({
    ask: (path) => {
      asked.push(path);
      return new Promise((resolve, reject) => void open.push({ resolve, reject }));
    },
    after(_ms, run) {
      timers.add(run);
      return () => timers.delete(run);
    },
    onNews: (effect) => void news.push(effect),
  });
  return {
    asked,
    news,
    look: (looked) => watch.look(looked),
    async answer(value) {
      const question = open.shift();
      if (value instanceof Error) question?.reject(value);
      else question?.resolve(value);
      await new Promise((resolve) => setImmediate(resolve));
    },
    wake() {
      const due = [...timers];
      timers.clear();
      for (const run of due) run();
    },
  };
}

function watching(seen: Watched[]): Watch {
  return {
    path: "/logins/1",
    everyMs: 1_000,
    next(answer) {
      seen.push(answer);
      return { type: "hint", text: "news" };
    },
  };
}

it("asks one question at a time, again after each answer, good or bad", async () => {
  const { look, wake, answer, asked, news } = world();
  const seen: Watched[] = [];
  look(watching(seen));
  expect(asked).toEqual([]);
  wake();
  wake();
  expect(asked).toHaveLength(1);
  await answer({ state: "waiting" });
  wake();
  await answer(new Error("gone"));
  expect(asked).toHaveLength(2);
  expect(seen).toEqual([
    { ok: true, value: { state: "waiting" } },
    { ok: false, why: "gone" },
  ]);
  expect(news).toHaveLength(2);
});

it("tells nobody what was answered after the panel was closed, and asks no more", async () => {
  const { look, wake, answer, asked, news } = world();
  const seen: Watched[] = [];
  look(watching(seen));
  wake();
  look(null);
  await answer({ state: "done" });
  wake();
  expect(seen).toEqual([]);
  expect(news).toEqual([]);
  expect(asked).toHaveLength(1);
});
