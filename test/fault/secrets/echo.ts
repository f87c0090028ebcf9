/** A provider that repeats whatever it was told: in its refusals, in its answers, in headers, in every encoding. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Identity } from "../../support/fake-ca.ts";

export interface EchoProvider {
  readonly port: number;
  readonly asked: () => number;
  close(): Promise<void>;
}

export async function startEchoProvider(tls?: Identity): Promise<EchoProvider> {
  let count = 0;
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    let text = "";
    request.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    request.on("end", () => {
      count += 1;
      answer(request, text, response);
    });
  };
  const server = tls === undefined ? createServer(handle) : createHttpsServer({ key: tls.key, cert: tls.cert }, handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    asked: () => count,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, text: string, response: ServerResponse): void {
  const heard = [...credentialsOf(request)];
  const shapes = heard.flatMap((one) => [
    one,
    encodeURIComponent(one),
    Buffer.from(one).toString("base64"),
    one.slice(0, 20),
  ]);
  const said = `Incorrect API key provided: ${shapes.join(" , ")}. You can find yours at https://x.example/?key=${heard[0] ?? ""}`;
  const how = /say-(\w+)/.exec(`${request.url ?? ""}${text}`)?.[1] ?? "401";
  response.setHeader("x-request-id", "echo");
  if (how === "stream") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const chunk = (delta: object, finish: string | null): string =>
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    // In pieces, as models speak.
    for (const piece of said.match(/.{1,7}/gs) ?? []) response.write(chunk({ content: piece }, null));
    response.end(`${chunk({}, "stop")}data: [DONE]\n\n`);
    return;
  }
  if (how === "html") return void response.writeHead(502, { "content-type": "text/html" }).end(`<h1>${said}</h1>`);
  if (how === "redirect")
    return void response.writeHead(307, { location: `https://elsewhere.example/?key=${heard[0] ?? ""}` }).end();
  response.writeHead(Number(how), {
    "content-type": "application/json",
    "set-cookie": `session=${heard[0] ?? "none"}; Path=/`,
  });
  response.end(
    JSON.stringify({ error: { message: said, type: "authentication_error", code: heard[0] ?? null }, type: "error" }),
  );
}

/** Whatever looks like one: fields that hold them, and the query. */
function* credentialsOf({ headers, url = "" }: IncomingMessage): Generator<string> {
  for (const name of ["authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie", "proxy-authorization"]) {
    const value = headers[name];
    if (typeof value === "string") yield value.replace(/^(?:Bearer|Basic|session=)\s*/i, "");
  }
  for (const value of new URL(url, "http://x").searchParams.values()) yield value;
}
