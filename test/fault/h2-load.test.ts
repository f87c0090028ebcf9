/** Many small HTTP/2 exchanges at once: each gets its own head and the whole of its own body, none is left waiting. */
import type { ClientHttp2Session } from "node:http2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host } from "../support/fixture.ts";
import { startH2Origin } from "../support/h2-origin.ts";
import { h2Through } from "../support/proxy-clients.ts";
import { within } from "../support/wait.ts";

const stage = createStage();
let core: CoreProcess;

beforeAll(async () => {
  const origin = stage.opened.add(await startH2Origin(stage.identity));
  origin.play((stream, headers) => {
    stream.resume().on("end", () => {
      stream.respond({ ":status": 201, "x-path": headers[":path"] });
      // Head and body leave together: they reach the proxy in one read.
      stream.end(`body of ${headers[":path"] ?? ""}`);
    });
  });
  core = await stage.startCore({ dial: { [host]: origin.port } });
});
afterAll(() => stage.close());

async function ask(over: ClientHttp2Session, path: string): Promise<string> {
  const stream = over.request({ ":method": "POST", ":path": path });
  let head = "no head";
  let body = "";
  stream.on("response", (headers) => {
    head = `${headers[":status"]} ${String(headers["x-path"])}`;
  });
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    body += chunk;
  });
  stream.end("x".repeat(2_000));
  await within(
    `the reply to ${path}`,
    new Promise((resolve, reject) => {
      stream.on("close", resolve);
      stream.on("error", reject);
    }),
  );
  return `${head}: ${body}`;
}

describe("HTTP/2 under load", () => {
  it("answers 4000 requests, 32 at a time, each with what belongs to it", async () => {
    const over = await h2Through(core, host);
    stage.opened.later(() => over.destroy());
    const wrong: string[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < 4_000) {
        const path = `/${next}`;
        next += 1;
        const reply = await ask(over, path);
        if (reply !== `201 ${path}: body of ${path}`) wrong.push(reply);
      }
    };
    await Promise.all(Array.from({ length: 32 }, lane));
    expect(wrong).toEqual([]);
  }, 60_000);
});
