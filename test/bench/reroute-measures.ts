/** A call that is rerouted and translated on the way: Claude's dialect in, OpenAI's Chat Completions out, and back. */
import { connect, type Socket } from "node:net";
import { within } from "../support/wait.ts";
import { reroutedHost, type Contestant } from "./contestants.ts";
import { lengths, questions } from "./dialects.ts";
import { measured, type Load } from "./measures.ts";
import { open, post, wholeReply } from "./wire.ts";

const asked = questions.claude;
const body = Buffer.from(JSON.stringify(asked.body(false, "claude-bench", lengths.whole)));

/** Whole calls one after the other on a kept-alive connection. */
export async function reroutedCalls(who: Contestant, count: number): Promise<Load> {
  const socket = await open(who, reroutedHost);
  await post(socket, who, reroutedHost, body);
  const load = await measured(who, 1, count, () => post(socket, who, reroutedHost, body));
  socket.destroy();
  return load;
}

/** The same question put to the provider itself, in its own dialect. */
export async function providerCalls(who: Contestant, port: number, count: number): Promise<Load> {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  await within("a connection to the provider", new Promise((resolve) => socket.once("connect", resolve)));
  await ask(socket);
  const load = await measured(who, 1, count, () => ask(socket));
  socket.destroy();
  return load;
}

function ask(socket: Socket): Promise<void> {
  const dialect = questions["openai-chat"];
  const json = Buffer.from(JSON.stringify(dialect.body(false, "bench", lengths.whole)));
  const head = `POST ${dialect.path(false, "bench")} HTTP/1.1\r\nHost: provider\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n`;
  socket.write(Buffer.concat([Buffer.from(head), json]));
  return wholeReply(socket);
}
