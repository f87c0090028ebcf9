import { describe, expect, it } from "vitest";
import type { Loose } from "../__fixtures__/harness.ts";
import { antigravity, write, type Asked } from "./__fixtures__/written.ts";

describe("Q13: files", () => {
  const asked = (part: object, more: Asked = {}) =>
    write({ messages: [{ role: "user", parts: [part as never] }] }, more);
  const sent = (part: object, more: Asked = {}): unknown => {
    const result = asked(part, more);
    return result.ok ? (result.value.body as Loose)["contents"][0].parts : result.error;
  };
  const url = (address: string) => ({ kind: "url", url: address });
  const data = (mediaType: string) => ({ kind: "base64", mediaType, data: "aQ==" });

  it("Q13: go inline, whatever they are", () => {
    for (const [type, mediaType] of [
      ["image", "image/png"],
      ["document", "application/pdf"],
      ["media", "audio/wav"],
      ["media", "video/mp4"],
    ]) {
      expect(sent({ type, source: data(mediaType ?? "") })).toEqual([
        { inlineData: { mimeType: mediaType, data: "aQ==" } },
      ]);
    }
  });

  it("Q13: go by their address with a real type, and a film from YouTube without one", () => {
    expect(sent({ type: "image", source: url("https://e.com/a.JPG?x=1") })).toEqual([
      { fileData: { mimeType: "image/jpeg", fileUri: "https://e.com/a.JPG?x=1" } },
    ]);
    expect(sent({ type: "image", source: url("https://e.com/a") })).toEqual([
      { fileData: { fileUri: "https://e.com/a" } },
    ]);
    expect(sent({ type: "media", source: { ...url("https://youtu.be/x"), mediaType: "video/mp4" } })).toEqual([
      { fileData: { fileUri: "https://youtu.be/x" } },
    ]);
  });

  it("Q13: are refused by name where the backend fetches nothing", () => {
    const part = { type: "image", source: url("https://e.com/a.png") };
    for (const more of [{ backend: antigravity }, { model: "gemini-2.0-flash" }]) {
      expect(sent(part, more)).toMatchObject({
        kind: "unsupported",
        message: expect.stringContaining("https://e.com/a.png"),
      });
    }
    expect(
      sent({ type: "media", source: data("audio/wav") }, { model: "claude-sonnet-4-6", backend: antigravity }),
    ).toMatchObject({
      kind: "unsupported",
    });
  });

  it("Q13: that live at another provider are refused, Google's own go back to Google", () => {
    const raw = { fileData: { mimeType: "image/png", fileUri: "gs://b/a.png" } };
    const opaque = { type: "opaque", name: "fileData", raw, essential: true };
    expect(sent({ ...opaque, from: "gemini" })).toEqual([raw]);
    expect(sent({ ...opaque, from: "openai-responses" })).toMatchObject({ kind: "unsupported" });
  });

  it("say title and context, and text documents are text", () => {
    const about = { title: "Plan", context: "draft" };
    expect(sent({ type: "document", source: { kind: "text", text: "words" }, ...about })).toEqual([
      { text: "[document: Plan – draft]\nwords" },
    ]);
    expect(sent({ type: "document", source: data("application/pdf"), ...about })).toEqual([
      { text: "[document: Plan – draft]" },
      { inlineData: { mimeType: "application/pdf", data: "aQ==" } },
    ]);
  });
});
