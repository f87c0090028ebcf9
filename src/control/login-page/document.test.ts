import { describe, expect, it } from "vitest";
import { all, byTag, complaints, parseHtml, textOf } from "../../../test/support/html.ts";
import type { LoginJson } from "../../base/controls-engine.ts";
import { howToDocument, noticeDocument, usedDocument, viewDocument } from "./document.ts";
import type { PageView } from "./pages.ts";

const nasty = `<script>alert(1)</script>"'&<b onclick=x>`;
const login: LoginJson = {
  id: "a",
  provider: "kiro",
  account: nasty,
  kind: "device",
  state: "waiting",
  url: `https://device.example/?x="><script>`,
  urlComplete: null,
  userCode: nasty,
  expiresAt: "2026-11-21T12:15:00.000Z",
  pastes: false,
  error: nasty,
};
const common = { account: `kiro/${nasty}`, revision: "7" };
const choice = { method: "google", startUrl: nasty, region: nasty };

const views: readonly (readonly [string, PageView])[] = [
  ["choose", { ...common, kind: "choose", choice, trouble: null }],
  ["choose again", { ...common, kind: "choose", choice, trouble: nasty }],
  ["waiting", { ...common, kind: "waiting", login, leftMs: 540_000, trouble: nasty }],
  [
    "waiting for a paste",
    { ...common, kind: "waiting", login: { ...login, pastes: true }, leftMs: 5_000, trouble: null },
  ],
  ["done", { ...common, kind: "done" }],
  ...(["cancelled", "closed", "expired", "twice"] as const).map(
    (why) => [`over: ${why}`, { ...common, kind: "over", why }] as const,
  ),
];

describe("the reader of these tests", () => {
  const around = (body: string): string => `<!doctype html>\n<html lang="en">${body}</html>`;
  it.each(["<p>", "</p>", "<p><b></p></b>", "a & b", "a > b", "<p class=x></p>", '<p id="a" id="b"></p>', "<P></P>"])(
    "does not put up with %s",
    (body) => {
      expect(() => parseHtml(around(body))).toThrow("no document of ours");
    },
  );

  it.each([
    ["a script in the page", `<script src="/x">x</script>`],
    ["what runs on a click", '<button type="button" onclick="x">y</button>'],
    ["a field nobody has named", '<input id="a" name="b">'],
    ["a new tab that knows where it came from", '<a href="https://x.example" target="_blank">y</a>'],
  ])("complains of %s", (_name, body) => {
    const whole = `<head><title>t</title></head><body><main><h1>h</h1>${body}</main></body>`;
    expect(complaints(parseHtml(around(whole)))).toHaveLength(1);
  });
});

describe("the login page", () => {
  it.each(views)("is a whole document, and what comes from elsewhere is text in it: %s", (_name, view) => {
    const document = parseHtml(viewDocument(view));
    expect(complaints(document)).toEqual([]);
    expect(byTag(document, "script")).toHaveLength(1);
    expect(byTag(document, "b")).toEqual([]);
    const [main] = byTag(document, "main");
    const isLive = view.kind === "choose" || view.kind === "waiting";
    expect(main?.attributes).toEqual({ "data-revision": "7", "data-live": isLive ? "yes" : "no" });
    if (view.kind === "choose") {
      expect(textOf(document)).toContain(nasty.replace(/\s+/g, " "));
      expect(all(document, ({ attributes }) => attributes["name"] === "start_url")[0]?.attributes["value"]).toBe(nasty);
    }
  });

  it.each([
    ["how to begin", howToDocument()],
    ["used", usedDocument()],
    ["a notice", noticeDocument(nasty, nasty)],
  ])("%s", (_name, text) => {
    const document = parseHtml(text);
    expect(complaints(document)).toEqual([]);
    expect(byTag(document, "b")).toEqual([]);
  });

  it("makes a link only of an address of the web", () => {
    const page = (url: string) =>
      parseHtml(viewDocument({ ...common, kind: "waiting", login: { ...login, url }, leftMs: 1, trouble: null }));
    expect(byTag(page("https://device.example/"), "a")).toHaveLength(1);
    for (const url of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "nonsense"]) {
      expect(byTag(page(url), "a")).toEqual([]);
    }
  });

  it("goes on without its script, but never takes from under its user what they are typing", () => {
    const waiting = (pastes: boolean) =>
      viewDocument({ ...common, kind: "waiting", login: { ...login, pastes }, leftMs: 1, trouble: null });
    const refreshes = (text: string): number =>
      all(parseHtml(text), ({ attributes }) => attributes["http-equiv"] === "refresh").length;
    expect([refreshes(waiting(false)), refreshes(waiting(true))]).toEqual([1, 0]);
  });
});
