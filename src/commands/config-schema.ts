/** `switchyard config schema`: what config.yaml may hold, for editors that check and complete YAML. */
import { configJsonSchema } from "../engine/config/json-schema.ts";
import { type CommandContext, printPlainJson } from "./context.ts";
import { exitCodes } from "./failure.ts";

export function configSchema(context: CommandContext): Promise<number> {
  printPlainJson(context, configJsonSchema());
  return Promise.resolve(exitCodes.ok);
}
