import { createServer, type AddressInfo } from "node:net";
import { startFullListener } from "../../support/full-listener.ts";
import { createOpened, type Opened } from "../../support/opened.ts";
import { waitFor } from "../../support/wait.ts";
import type { BoardCase, CaseContext } from "../board/case.ts";
import { ask, type Got } from "../chaos/client.ts";
import { dialects, type DialectId } from "../chaos/dialects.ts";
import { startLink } from "../chaos/link.ts";
import { inParallel, startChaosStage, type ChaosStage, type ProviderDialect, type What } from "../chaos/stage.ts";
import type { Play } from "../chaos/upstream.ts";
import { replyOf } from "./s2-cut-streams.ts";

/** Short enough to be waited for. */
const timeoutMs = 900;
const timeouts = { connect_ms: timeoutMs, first_byte_ms: timeoutMs, idle_ms: timeoutMs };
/** On top of it, on a machine that does other things as well. */
const slackMs = 2_500;

interface Scene extends What {
  readonly name: string;
  /** Where in the reply the provider falls silent; null: its host never gets that far. */
  readonly at: number | null;
}

/** Every host goes silent in a way of its own. */
const silentHosts: readonly (readonly [string, DialectId])[] = [
  ["a connection that is never answered", "openai-chat"],
  ["a TLS handshake that never ends", "claude"],
  ["a network that stalls under the request", "gemini"],
  ["a network that stalls under the reply", "kiro"],
];

const inReply = 700;

function scenesFor(subject: CaseContext["subject"]): readonly Scene[] {
  const scenes: Scene[] = [];
  for (const wire of subject === "http-mitm-proxy" ? (["h1"] as const) : (["h1", "h2"] as const)) {
    const passthrough = { lane: "passthrough", wire } as const;
    // Where a client speaks HTTP/2, what its provider speaks is asked for before there is a TLS handshake to wait in.
    for (const [name, client] of silentHosts) scenes.push({ ...passthrough, name, client, at: null });
    scenes.push({ ...passthrough, name: "nothing before the reply", client: "gemini-cli", at: -1 });
    scenes.push({ ...passthrough, name: "silence in the reply", client: "antigravity", at: inReply });
  }
  if (subject !== "switchyard") return scenes;
  const rerouted: readonly (readonly [DialectId, ProviderDialect])[] = [
    ["claude", "openai-chat"],
    ["openai-responses", "claude"],
    ["gemini", "openai-responses"],
    ["openai-chat", "openai-chat"],
  ];
  for (const [client, provider] of rerouted) {
    const lane = client === provider ? "lossless" : "translated";
    for (const at of [-1, inReply])
      scenes.push({
        name: at < 0 ? "nothing before the reply" : "silence in the reply",
        lane,
        client,
        provider,
        wire: "h1",
        at,
      });
    scenes.push({ name: "silence in the reply", lane: "gateway", client, provider, wire: "h1", at: inReply });
  }
  return scenes;
}

export const hangs: BoardCase = {
  id: "hangs",
  title: "clients left waiting past the configured timeout by a provider or network that falls silent",
  aim: "0, each with an honest end",
  peers: ["http-mitm-proxy", "mockttp"],
  remark:
    "hangs: every wait is set to 0.9 s where it can be set; http-mitm-proxy and mockttp have no such settings and are watched for 3.4 s.",
  async run(context) {
    const opened = createOpened();
    try {
      const stage = opened.add(
        await startChaosStage(context.subject, { timeouts, origins: (port) => silentOrigins(opened, port) }),
      );
      const scenes = scenesFor(context.subject).map((scene) => ({ ...scene, id: stage.nextId() }));
      const play = (id: number): Play => {
        const scene = scenes.find((one) => one.id === id);
        const dialect = dialects[scene?.provider ?? scene?.client ?? "claude"];
        return { reply: replyOf(dialect, "chunked"), fault: { type: "hang", at: scene?.at ?? -1 } };
      };
      stage.hosts.play(play);
      stage.rerouted.play(play);
      const details: string[] = [];
      await inParallel(scenes, 4, async (scene) => {
        const startedAt = performance.now();
        const got = await ask(stage.asking(scene.id, { ...scene, patienceMs: timeoutMs + slackMs }));
        const ms = performance.now() - startedAt;
        const fault = await faultOf(stage, scene, got, ms);
        const from = scene.provider === undefined ? "" : ` from ${scene.provider}`;
        if (fault !== null)
          details.push(`${scene.name}, ${scene.lane}, ${scene.client}${from}, ${scene.wire}: ${fault}`);
      });
      return { figure: `${details.length} of ${scenes.length}`, kept: details.length === 0, details };
    } finally {
      await opened.closeAll();
    }
  },
};

async function silentOrigins(opened: Opened, port: number): Promise<Readonly<Record<string, number>>> {
  const full = opened.add(await startFullListener());
  const mute = createServer((socket) => socket.on("error", () => {}).resume());
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  opened.later(() => void mute.close());
  // A TLS handshake of these fakes is some 2 KB either way; the call comes after it.
  const underRequest = opened.add(await startLink(port, { toServer: { stallAt: 900 } }));
  const underReply = opened.add(await startLink(port, { toClient: { stallAt: 1_900 } }));
  const portOf = (server: typeof mute): number => (server.address() as AddressInfo).port; // a TCP listener has one
  return {
    [dialects["openai-chat"].host]: full.port,
    [dialects.claude.host]: portOf(mute),
    [dialects.gemini.host]: underRequest.port,
    [dialects.kiro.host]: underReply.port,
  };
}

/** Null: it ended in time, and nobody could take it for an answer. */
async function faultOf(
  stage: ChaosStage,
  scene: Scene & { readonly id: number },
  got: Got,
  ms: number,
): Promise<string | null> {
  if (got.hangs) return `still waiting after ${Math.round(ms)} ms`;
  if (got.status === 200 && got.isWhole) return "ends as if it were whole";
  if (got.status === 200 && dialects[scene.client].isFinished(got.body)) return "says that it is finished";
  if (ms < timeoutMs / 2)
    return `was over after ${Math.round(ms)} ms: ${got.status} ${got.body.toString("latin1", 0, 100)}`;
  if (stage.subject.core === null) return null;
  if (scene.at !== null && scene.at < 0 && got.status !== 504) return `answered with ${got.status}, not 504`;
  const calls = [...stage.hosts.callsOf(scene.id), ...stage.rerouted.callsOf(scene.id)];
  const isOver = (): boolean => calls.every((call) => call.overAt() !== null);
  await waitFor("the call at the provider to end", isOver, 2_000).catch(() => {});
  return isOver() ? null : "the call still runs at the provider";
}
