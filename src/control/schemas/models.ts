/** Models, and the names that stand for them. */
import * as v from "valibot";
import type { AliasesJson, ComboJson, ModelJson } from "../../base/controls-engine.ts";
import { capabilities } from "./providers.ts";
import { shapeOf } from "./shape.ts";
import { count, exactly, filledText, flag, listOf, mapOf, oneOf, text, wholeNumber } from "./words.ts";

export const modelKinds = ["chat", "embedding", "image", "combo", "alias"] as const;

const modelFields = {
  id: text("What a client writes: an alias, `combo/NAME`, `prefix/model` or `provider/model`."),
  provider: text("Who has it."),
  model: text("The provider's own name."),
  kind: oneOf(modelKinds, "What it is for, or which kind of name this is."),
  source: oneOf(["built-in", "config", "provider", "custom"], "Where we know it from. `custom`: added by hand."),
  max_tokens: v.nullable(count("How many tokens it takes; null: not known.")),
  usable: flag("A call for it would find an account now."),
  capabilities,
};

export const model = shapeOf<ModelJson>()(
  "A model under a name that clients may ask for.",
  v.strictObject(modelFields),
);

/** OpenAI's four fields, and ours besides. */
export interface OpenAiModelJson extends ModelJson {
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
}

export const openaiModel = shapeOf<OpenAiModelJson>()(
  "A model in OpenAI's shape, with our fields besides.",
  v.strictObject({
    ...modelFields,
    object: exactly("model", "OpenAI's word."),
    created: count("Always 0: not known. Seconds since the epoch."),
    owned_by: text("The provider."),
  }),
);

export const openaiModels = v.pipe(
  v.strictObject({ object: exactly("list", "OpenAI's word."), data: listOf(openaiModel, "The models.") }),
  v.description("Models in OpenAI's shape."),
);

/** As Anthropic's API lists them. */
export const claudeModel = v.pipe(
  v.strictObject({
    type: exactly("model", "Anthropic's word."),
    id: text("What a client writes."),
    display_name: text("The same for people."),
    created_at: text("Not known; a day long ago. ISO 8601."),
    max_input_tokens: v.exactOptional(count("How many tokens it takes.")),
    max_tokens: v.exactOptional(count("How many tokens it writes.")),
  }),
  v.description("A model in Anthropic's shape."),
);

export const claudeModels = v.pipe(
  v.strictObject({
    data: listOf(claudeModel, "The models."),
    has_more: exactly(false, "It is one page."),
    first_id: v.nullable(text("Of this page.")),
    last_id: v.nullable(text("Of this page.")),
  }),
  v.description("Models in Anthropic's shape."),
);

export const googleModel = v.pipe(
  v.strictObject({
    name: text("`models/` and what a client writes."),
    displayName: text("The same for people."),
    inputTokenLimit: v.exactOptional(count("How many tokens it takes.")),
    outputTokenLimit: v.exactOptional(count("How many tokens it writes.")),
    supportedGenerationMethods: listOf(v.string(), "What can be called on it."),
  }),
  v.description("A model in Google's shape."),
);

export const googleModels = v.pipe(
  v.strictObject({ models: listOf(googleModel, "The models.") }),
  v.description("Models in Google's shape."),
);

export const providerModels = v.pipe(
  v.strictObject({ object: exactly("list", "OpenAI's word."), data: listOf(model, "The models.") }),
  v.description("The models of one provider."),
);

export const catalogTypes = ["chat", "embedding", "image", "combo", "alias", "custom"] as const;

const ids = (about: string) => listOf(v.string(), about);

export const catalog = v.pipe(
  v.strictObject({
    models: listOf(model, "All of them."),
    byProvider: mapOf(v.array(model), "The same by who has them."),
    byType: v.pipe(
      v.strictObject({
        chat: ids("Conversations."),
        embedding: ids("Embeddings."),
        image: ids("Image generation."),
        combo: ids("Chains of models."),
        alias: ids("Names for other names."),
        custom: ids("Added by hand; they stand in their kind's list, too."),
      }),
      v.description("Their ids by what they are for."),
    ),
  }),
  v.description("Every name that clients may ask for, whether it can serve now or not."),
);

export const customModels = v.pipe(
  v.strictObject({ models: mapOf(v.array(v.string()), "The names that config.yaml gives, by provider.") }),
  v.description("Models that the file names."),
);

export const newModel = v.pipe(
  v.strictObject({
    provider: filledText("The provider's id or a second name of it."),
    model: filledText("The provider's own name for it."),
    max_tokens: v.exactOptional(wholeNumber(1, 100_000_000, "How many tokens it takes.")),
    alias: v.exactOptional(filledText("What clients call it.")),
  }),
  v.description("A model to be named in config.yaml."),
);

export const oldModel = v.pipe(
  v.strictObject({
    provider: v.exactOptional(filledText("The provider's id or a second name of it.")),
    model: v.exactOptional(filledText("As config.yaml names it.")),
  }),
  v.description("A model to be taken out of config.yaml; the query may say the same."),
);

export const combo = shapeOf<ComboJson>()(
  "A chain of models, each tried when the one before has failed.",
  v.strictObject({
    name: text("`combo/NAME` asks for it."),
    members: listOf(
      v.strictObject({
        text: text("As it is written."),
        provider: v.nullable(text("Whom it means now.")),
        model: v.nullable(text("Which model it means now, in the provider's words.")),
        usable: flag("It could serve now."),
        reason: v.nullable(text("Why not.")),
      }),
      "In the order in which they are tried.",
    ),
    warning: v.nullable(text("What is wrong with it, as nothing to fall back to.")),
  }),
);

export const combosAndAliases = shapeOf<AliasesJson & { readonly combos: readonly ComboJson[] }>()(
  "Combos and aliases, with what they mean now.",
  v.strictObject({
    combos: listOf(combo, "The chains of config.yaml."),
    aliases: mapOf(v.string(), "What each alias of config.yaml stands for."),
    collisions: listOf(
      v.strictObject({
        name: text("The name."),
        meanings: listOf(v.string(), "What it could mean."),
        taken: text("What it does mean."),
      }),
      "Names that could mean two things, and which one counts.",
    ),
  }),
);

export const supported = v.pipe(
  v.strictObject({ supported: flag("Some target of the model can.") }),
  v.description("Whether a model can do something."),
);
