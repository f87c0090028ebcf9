/**
 * `switchyard accounts add`: an API key for a provider, kept in the private store. The key comes from stdin, a hidden
 * prompt or a file, never from the command line, which every process of the machine can read.
 */
import { Secret } from "../base/secret.ts";
import { readTextFile } from "../engine/accounts/import/client-file.ts";
import { requireFreeName, tellAccount } from "./accounts.ts";
import { type CommandContext, shown } from "./context.ts";
import { requireProvider, withEngine } from "./engine-access.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { askLine, readSecret } from "./prompt.ts";

export interface AddOptions {
  readonly json: boolean;
  readonly name: string | undefined;
  readonly priority: number | undefined;
  readonly weight: number | undefined;
  readonly apiKeyFile: string | undefined;
  /** Somebody tried to give it on the command line. */
  readonly hasKeyInArguments: boolean;
}

/** What an account is called whose owner has not said. */
export const defaultName = "main";

export async function accountsAdd(context: CommandContext, named: string, options: AddOptions): Promise<number> {
  if (options.hasKeyInArguments) throw keyInArguments(named);
  const { name = defaultName, priority, weight } = options;
  return withEngine(context, { wanted: "files", subject: "account" }, async ({ verbs }) => {
    const { id, requires_auth } = await requireProvider(verbs, named);
    if (!requires_auth) {
      throw new CommandFailure(exitCodes.usage, `${shown(id)} wants no key`, {
        next: `switchyard providers show ${shown(id)}`,
      });
    }
    // Before the key is asked for: typing it twice is no fun.
    await requireFreeName(verbs, id, name);
    const key = await readKey(context, id, options);
    const account = await verbs.addAccount({
      provider: id,
      name,
      apiKey: key.reveal(),
      ...(priority === undefined ? {} : { priority }),
      ...(weight === undefined ? {} : { weight }),
    });
    tellAccount(context, account, "added", options);
    return exitCodes.ok;
  });
}

async function readKey(context: CommandContext, provider: string, { apiKeyFile }: AddOptions): Promise<Secret> {
  const key = await readFrom(context, provider, apiKeyFile);
  const text = key?.reveal().trim() ?? "";
  if (text !== "" && !/[\r\n]/.test(text)) return new Secret(text);
  const where = apiKeyFile === undefined ? "stdin" : shown(apiKeyFile);
  throw new CommandFailure(
    exitCodes.usage,
    text === "" ? `there is no key in ${where}` : `${where} holds more than a key`,
    {
      why: "the key is one line, from stdin, a prompt on a terminal, or --api-key-file",
      next: `switchyard accounts add ${provider} < key.txt`,
    },
  );
}

/** Null: far more than a key. */
async function readFrom(context: CommandContext, provider: string, file: string | undefined): Promise<Secret | null> {
  if (file !== undefined) {
    const read = await readTextFile(file);
    if (!read.ok) throw new CommandFailure(exitCodes.usage, shown(read.why), { next: "give --api-key-file a file" });
    return new Secret(read.value);
  }
  if (context.stdin.isTTY !== true) return readSecret(context);
  if (context.noInput === true) {
    throw new CommandFailure(exitCodes.usage, "nobody can be asked for the key", {
      why: "--no-input was given",
      next: `switchyard accounts add ${shown(provider)} --api-key-file FILE   (or: the key on stdin)`,
    });
  }
  const answer = await askLine(context, { question: `API key for ${shown(provider)} (not shown): `, hidden: true });
  if (answer.kind === "line") return new Secret(answer.text);
  throw new CommandFailure(exitCodes.interrupted, "called off; nothing was changed");
}

function keyInArguments(provider: string): CommandFailure {
  return new CommandFailure(exitCodes.usage, "a key is not taken from the command line", {
    why: "every process of this machine can read it there, and the shell keeps it in its history; take it as leaked",
    next: `switchyard accounts add ${shown(provider)}   (asks for the key; or: --api-key-file FILE, or the key on stdin)`,
  });
}
