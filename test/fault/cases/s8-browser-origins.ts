/** T3: a web page in the user's browser tries the port: the proxy, the gateway, the control API and the login page. */
import { openApi, type Api } from "../../support/api.ts";
import { createFakeCa } from "../../support/fake-ca.ts";
import { createOpened } from "../../support/opened.ts";
import { readToEnd, tcp } from "../../support/proxy-clients.ts";
import type { BoardCase } from "../board/case.ts";
import { inTurns } from "../board/in-turns.ts";
import { startSubject, type Subject } from "../board/subjects.ts";
import { startByteOrigin } from "../drill/byte-origin.ts";

type Fields = readonly (readonly [name: string, value: string])[];

interface Place {
  readonly own: string;
  /** A service of this machine that a page would like to reach. */
  readonly service: string;
}

/** What a browser adds; the page never chooses these, but which of them are there depends on what it does. */
const marks: readonly (readonly [what: string, fields: (place: Place) => Fields])[] = [
  ["a foreign Origin", () => [["Origin", "https://evil.example"]]],
  ["a null Origin", () => [["Origin", "null"]]],
  ["an Origin that ends like ours", ({ own }) => [["Origin", `http://${own}.evil.example`]]],
  ["an Origin that begins like ours", () => [["Origin", "http://127.0.0.1.evil.example"]]],
  ["localhost.evil", () => [["Origin", "http://localhost.evil"]]],
  ["a rebinding service", () => [["Origin", "http://127.0.0.1.nip.io"]]],
  ["another port of this machine", () => [["Origin", "http://127.0.0.1:1"]]],
  ["an Origin in decimal", () => [["Origin", "http://2130706433"]]],
  ["an Origin of zeros", () => [["Origin", "http://0.0.0.0"]]],
  [
    "two Origins",
    ({ own }) => [
      ["Origin", `http://${own}`],
      ["Origin", "https://evil.example"],
    ],
  ],
  ["a file", () => [["Origin", "file://"]]],
  ["an extension", () => [["Origin", "chrome-extension://abcdefghijklmnop"]]],
  [
    "a fetch across sites",
    () => [
      ["Sec-Fetch-Site", "cross-site"],
      ["Sec-Fetch-Mode", "no-cors"],
    ],
  ],
  [
    "a fetch on the same site",
    () => [
      ["Sec-Fetch-Site", "same-site"],
      ["Sec-Fetch-Mode", "cors"],
    ],
  ],
  [
    "a form",
    () => [
      ["Origin", "https://evil.example"],
      ["Sec-Fetch-Site", "cross-site"],
      ["Sec-Fetch-Mode", "navigate"],
    ],
  ],
  [
    "a frame",
    () => [
      ["Sec-Fetch-Site", "cross-site"],
      ["Sec-Fetch-Dest", "iframe"],
    ],
  ],
  [
    "an image",
    () => [
      ["Sec-Fetch-Site", "cross-site"],
      ["Sec-Fetch-Dest", "image"],
      ["Referer", "https://evil.example/"],
    ],
  ],
  [
    "a worker",
    () => [
      ["Sec-Fetch-Site", "cross-site"],
      ["Sec-Fetch-Dest", "worker"],
      ["Origin", "https://evil.example"],
    ],
  ],
];

/** Names under which a page can make a browser come here (DNS rebinding); without a mark a browser sends this much alone. */
const hosts: readonly string[] = [
  "evil.example",
  "localhost.evil.example",
  "127.0.0.1.nip.io",
  "0.0.0.0",
  "2130706433",
  "0x7f000001",
  "0177.0.0.1",
  "127.1",
  "[::]",
  "[::ffff:127.0.0.1]",
  "localhost.",
  "127.0.0.1.",
  "localhost@evil.example",
  "evil.example#localhost",
];

/** What is done with them; `to` is the request target. */
const acts: readonly (readonly [what: string, method: string, more: Fields, body: string])[] = [
  ["GET", "GET", [], ""],
  [
    "a simple POST",
    "POST",
    [["Content-Type", "text/plain"]],
    '{"model":"local/m","messages":[{"role":"user","content":"hi"}]}',
  ],
  [
    "a preflight",
    "OPTIONS",
    [
      ["Access-Control-Request-Method", "POST"],
      ["Access-Control-Request-Headers", "authorization, content-type"],
      ["Access-Control-Request-Private-Network", "true"],
    ],
    "",
  ],
  [
    "a WebSocket",
    "GET",
    [
      ["Connection", "Upgrade"],
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="],
    ],
    "",
  ],
];

export const browserOrigins: BoardCase = {
  id: "S8",
  title: "T3: requests of web pages that had an effect, or were told that pages may ask",
  aim: "0",
  peers: ["http-mitm-proxy", "mockttp"],
  remark:
    "marks and names of browsers × GET, POST, preflight and WebSocket × the places of the port. An effect is a byte at a service of this machine, a flow that was called, an answer 2xx or 101, or an Access-Control header. The pages carry the real keys, as one that has stolen them would. An upgrade of a proxied browser's page to a server elsewhere is no effect and not asked.",
  async run({ subject: name }) {
    const opened = createOpened();
    try {
      const ca = opened.add(createFakeCa());
      const service = opened.add(await startByteOrigin(null));
      const subject = opened.add(
        await startSubject(name, {
          ca,
          origins: {},
          core: {
            config: {
              listen: { control_api: "on" },
              providers: {
                local: {
                  type: "openai-compatible",
                  endpoint: `http://127.0.0.1:${service.port}/v1`,
                  auth_type: "none",
                  models: [{ name: "m" }],
                },
              },
            },
          },
        }),
      );
      const own = new URL(subject.url).host;
      const place = { own, service: `127.0.0.1:${service.port}` };
      const api = subject.core === null ? null : await openApi(subject.core.home);
      const requests = all(place, api);
      const details: string[] = [];
      let tried = 0;
      await inTurns(requests, 24, async ({ what, bytes }) => {
        if (!subject.isAlive()) return;
        tried += 1;
        const reply = await said(subject, bytes);
        if (/^access-control-/im.test(reply)) details.push(`${what}: told that pages may ask`);
        if (/^HTTP\/1\.1 (?:2\d\d|101)/.test(reply)) details.push(`${what}: answered ${reply.slice(9, 12)}`);
      });
      for (const bytes of service.received())
        details.push(`a byte reached a service: ${bytes.toString("latin1", 0, 60).split("\r")[0] ?? ""}`);
      if (!subject.isAlive()) details.push(`it died after ${tried}`);
      // A tool with the same key, that is no page, is served: the drill would else prove nothing.
      if (api !== null && (await api.keyed("/v1/models")).status !== 200)
        details.push("a tool with the key is not served either");
      return { figure: `${details.length} of ${tried}`, kept: details.length === 0 && tried >= 60, details };
    } finally {
      await opened.closeAll();
    }
  },
};

interface Ask {
  readonly what: string;
  readonly bytes: string;
}

function all(place: Place, api: Api | null): readonly Ask[] {
  const key: Fields = api === null ? [] : [["Authorization", `Bearer ${api.clientKey}`]];
  const admin: Fields = api === null ? [] : [["Authorization", `Bearer ${api.adminToken}`]];
  const doors: readonly (readonly [name: string, target: string, fields: Fields])[] = [
    ["the gateway", "/v1/chat/completions", key],
    ["its models", "/v1/models", key],
    ["the control API", "/api/status", admin],
    ["the control API's stop", "/api/stop", admin],
    ["the login page", "/v0/oauth/kiro", []],
  ];
  return doors.concat([["a service", "/", []]]).flatMap(([door, target, fields]) => [
    ...marks.flatMap(([mark, marked]) =>
      acts.map(([act, method, more, body]) => {
        // As a forward proxy, which a page cannot choose: a browser that its user sent through us.
        const isService = door === "a service";
        const host = isService ? place.service : place.own;
        const at = isService ? `http://${place.service}${target}` : target;
        return ask(
          `${door}, ${act}, ${mark}`,
          method,
          at,
          [["Host", host], ...fields, ...marked(place), ...more],
          body,
        );
      }),
    ),
    ...hosts.flatMap((host) =>
      acts.map(([act, method, more, body]) => {
        const port = place.own.split(":")[1] ?? "";
        const name = door === "a service" ? place.service : `${host}:${port}`;
        // In origin form, whatever the name: a browser that was led here by DNS.
        return ask(`${door}, ${act}, as ${host}`, method, target, [["Host", name], ...fields, ...more], body);
      }),
    ),
  ]);
}

function ask(what: string, method: string, target: string, fields: Fields, body: string): Ask {
  const length: Fields = body === "" ? [] : [["Content-Length", String(body.length)]];
  const lines = [...fields, ...length].map(([name, value]) => `${name}: ${value}`);
  return { what, bytes: `${method} ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}` };
}

async function said(subject: Subject, bytes: string): Promise<string> {
  const socket = await tcp(subject.url).catch(() => null);
  if (socket === null) return "";
  socket.setTimeout(1_500, () => socket.destroy());
  socket.end(Buffer.from(bytes, "latin1"));
  const reply = await readToEnd(socket).catch(() => null);
  socket.destroy();
  return reply?.bytes.toString("latin1") ?? "";
}
