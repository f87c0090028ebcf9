/** `switchyard replay …` as it is typed: calls made again, and recordings played to clients. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { type Act, examples, type JsonOption } from "./program-groups.ts";

interface Typed extends JsonOption {
  readonly via?: string;
  readonly model?: string;
  readonly asClient?: string;
  readonly edit?: boolean;
  readonly diff?: boolean;
  readonly output?: string;
  readonly serve?: string | true;
  readonly flows?: boolean;
  readonly port?: number;
  readonly host?: string;
  readonly speed?: number | "max";
  readonly match?: "strict" | "loose";
  readonly once?: boolean;
  readonly loop?: boolean;
}

export function addReplayCommand(program: Command, context: CommandContext, act: Act): void {
  program
    .command("replay")
    .description("make calls again, by the rules of now or at another target; or play a recording to clients")
    .argument("[id...]", "flows, as `switchyard flows list` names them")
    .option("--via <target>", "provider/model, provider, combo/NAME, an alias, or a name as the gateway takes it")
    .option("--model <name>", "ask for this model instead of the one the call named")
    .option("--as-client <id>", "as if this client had made it, as claude-code")
    .option("--edit", "change the body first, in $VISUAL or $EDITOR")
    .option("--diff", "compare the new answer with the old one")
    .option("--json", "print the new flow as one JSON document (of several: a list)")
    .option("-o, --output <file>", "write the answer there instead of on stdout")
    .option("--serve [file]", "be a fake provider that plays this recording, with its timing")
    .option("--flows", "with --serve: play these flows of the running core instead of a file")
    .option("--port <number>", "with --serve: port to listen on (default: any that is free)", portNumber)
    .option("--host <address>", "with --serve: a loopback address (default: 127.0.0.1)")
    .option("--speed <factor>", "with --serve: 2 is twice as fast, max waits for nothing (default: 1)", speedFactor)
    .addOption(
      new Option(
        "--match <way>",
        "with --serve: strict wants the recorded body, loose the next call of the path (default: strict)",
      ).choices(["strict", "loose"]),
    )
    .addOption(new Option("--once", "with --serve: end when every call was played").conflicts("loop"))
    .option("--loop", "with --serve: begin again when all that fit were played")
    .addHelpText(
      "after",
      examples([
        "switchyard replay s3k00007",
        "switchyard replay s3k00007 --via openrouter/qwen/qwen3-coder --diff",
        "switchyard replay s3k00007 --edit",
        "switchyard replay --serve calls.jsonl --port 9000 --speed 2",
      ]),
    )
    .action((ids: string[], options: Typed) =>
      act(options.serve === undefined ? again(ids, options) : serve(ids, options)),
    );

  async function again(ids: readonly string[], options: Typed): Promise<number> {
    const stray = serveOnly.find((name) => options[name] !== undefined);
    if (stray !== undefined) {
      throw new CommandFailure(exitCodes.usage, `--${stray} goes with --serve`, {
        next: "switchyard replay --serve FILE",
      });
    }
    if (ids.length === 0) {
      throw new CommandFailure(exitCodes.usage, "which call is to be made again?", {
        next: "switchyard flows list   (then: switchyard replay ID)",
      });
    }
    const { via, model, asClient, output } = options;
    const { replay } = await import("./replay.ts");
    return replay(context, ids, {
      via,
      model,
      asClient,
      output,
      edit: options.edit === true,
      diff: options.diff === true,
      json: options.json === true,
    });
  }

  async function serve(ids: readonly string[], options: Typed): Promise<number> {
    const { serveRecording } = await import("./replay-serve.ts");
    return serveRecording(context, {
      source: sourceOf(ids, options),
      port: options.port ?? 0,
      host: options.host ?? "127.0.0.1",
      speed: options.speed === "max" ? null : (options.speed ?? 1),
      match: options.match ?? "strict",
      loop: options.loop === true,
      once: options.once === true,
    });
  }
}

const serveOnly = ["flows", "port", "host", "speed", "match", "once", "loop"] as const satisfies (keyof Typed)[];
const againOnly = ["via", "model", "asClient", "edit", "diff", "json", "output"] as const satisfies (keyof Typed)[];

function sourceOf(
  ids: readonly string[],
  options: Typed,
): { readonly file: string } | { readonly flows: readonly string[] } {
  const stray = againOnly.find((name) => options[name] !== undefined);
  const name = stray === "asClient" ? "as-client" : stray;
  if (name !== undefined) throw new CommandFailure(exitCodes.usage, `--${name} does not go with --serve`);
  // `--serve ID --flows` reads the first flow as the option's file.
  const named = typeof options.serve === "string" ? [options.serve, ...ids] : ids;
  const [file] = named;
  const next = "switchyard replay --serve FILE   (or, of the running core: switchyard replay --serve --flows ID…)";
  if (file === undefined) throw new CommandFailure(exitCodes.usage, "which recording is to be played?", { next });
  if (options.flows === true) return { flows: named };
  if (named.length > 1) throw new CommandFailure(exitCodes.usage, "one recording is played at a time", { next });
  return { file };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("A port is a number from 0 to 65535.");
}

function speedFactor(text: string): number | "max" {
  if (text === "max") return "max";
  const speed = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && speed >= 0.01 && speed <= 1_000) return speed;
  throw new InvalidArgumentError("It is a number from 0.01 to 1000, or max.");
}
