/**
 * `/images/generations` as OpenAI has it. Its own model families take different fields and refuse the others' (400
 * "Unknown parameter"), so a call that was meant for one of them is fitted to the one it goes to. Other servers get the
 * body as the client wrote it. Rules from the official SDK's types (`openai` 6.49).
 */
import { own } from "../../base/json.ts";
import { optional, type Fields } from "../formats/fields.ts";
import type { Losses } from "../hub/losses.ts";
import { nearestShape, pixelsOf, said, type ImageWish, type Pixels } from "./image-in.ts";

interface Family {
  readonly name: RegExp;
  readonly maxImages: number;
  /** Fields it takes besides model, prompt, n and user; of no other family's. */
  readonly fields: readonly FamilyField[];
  readonly sizes: readonly [Pixels, ...Pixels[]] | "any" | null;
  /** Its word for each of the others' qualities; without an entry the word is its own. */
  readonly qualities: Readonly<Record<string, string>>;
}

const familyFields = [
  "background",
  "moderation",
  "output_compression",
  "output_format",
  "partial_images",
  "quality",
  "response_format",
  "size",
  "stream",
  "style",
] as const;
type FamilyField = (typeof familyFields)[number];

const gptFields = [
  "background",
  "moderation",
  "output_compression",
  "output_format",
  "partial_images",
  "quality",
  "size",
  "stream",
] as const;
const gptQualities = { hd: "high", standard: "auto" } as const;

/** First match counts. */
const families: readonly Family[] = [
  { name: /^gpt-image-2/, maxImages: 10, fields: gptFields, sizes: "any", qualities: gptQualities },
  {
    name: /^(gpt-image|chatgpt-image)/,
    maxImages: 10,
    fields: gptFields,
    sizes: [
      { width: 1024, height: 1024 },
      { width: 1536, height: 1024 },
      { width: 1024, height: 1536 },
    ],
    qualities: gptQualities,
  },
  {
    name: /^dall-e-3/,
    maxImages: 1,
    fields: ["quality", "response_format", "size", "style"],
    sizes: [
      { width: 1024, height: 1024 },
      { width: 1792, height: 1024 },
      { width: 1024, height: 1792 },
    ],
    qualities: { high: "hd", medium: "standard", low: "standard", auto: "standard" },
  },
  {
    name: /^dall-e-2/,
    maxImages: 10,
    fields: ["response_format", "size"],
    sizes: [
      { width: 1024, height: 1024 },
      { width: 512, height: 512 },
      { width: 256, height: 256 },
    ],
    qualities: {},
  },
  // xAI: no size and no style; the newer ones take an `aspect_ratio` of their own, which goes through.
  { name: /^grok-imagine/, maxImages: 10, fields: ["quality", "response_format"], sizes: null, qualities: {} },
  { name: /^grok-2-image/, maxImages: 10, fields: ["response_format"], sizes: null, qualities: {} },
];

export interface OpenaiImages {
  readonly bodies: readonly Fields[];
  /** False where this model is known to have no stream of partial images. */
  readonly canStream: boolean;
}

export function writeOpenaiImages(wish: ImageWish, model: string, losses: Losses): OpenaiImages {
  const family = families.find(({ name }) => name.test(model.replace(/^.*\//, "")));
  if (family === undefined) return { bodies: [{ ...wish.body, model }], canStream: true };
  const kept = Object.entries(wish.body).filter(([field]) => !isFamilyField(field) && field !== "n");
  const fitted: Fields = {
    ...Object.fromEntries(kept),
    model,
    ...Object.fromEntries(
      family.fields.flatMap((field) => (said(wish.body, field) ? [[field, wish.body[field]]] : [])),
    ),
    ...sizeField(wish, family, losses),
    ...qualityField(wish, family, losses),
    // Its default is a link; a client that believes it asks gpt-image gets bytes all the same.
    ...(family.fields.includes("response_format") ? optional("response_format", wish.wants ?? undefined) : {}),
  };
  for (const field of familyFields) {
    if (!said(wish.body, field) || family.fields.includes(field)) continue;
    // The spelling is put right in the answer, and these words ask for what happens anyway.
    const isMeant = field === "response_format" || (field === "quality" && isPlain(wish.body[field]));
    if (!isMeant && field !== "size") losses.add("parameter", `${field}: ${model} has no such field`);
  }
  const counts = split(wish.count, family.maxImages);
  const hasCount = said(wish.body, "n");
  return {
    bodies: counts.map((count) => (hasCount ? { ...fitted, n: count } : fitted)),
    canStream: family.fields.includes("stream"),
  };
}

function sizeField({ size, body }: ImageWish, family: Family, losses: Losses): Fields {
  if (size === null || !said(body, "size")) return {};
  const { sizes } = family;
  if (sizes === "any") return { size };
  const wanted = pixelsOf(size);
  if (sizes === null) {
    if (size !== "auto") losses.add("parameter", `size: ${size}`);
    return {};
  }
  if (wanted === null) {
    // Only the families that choose a size themselves have a word for it; the others have a default.
    if (size === "auto" && family.fields.includes("background")) return { size };
    if (size !== "auto") losses.add("parameter", `size: ${size}`);
    return { size: undefined };
  }
  const { width, height } = nearestShape(wanted, sizes);
  if (width !== wanted.width || height !== wanted.height) {
    losses.add("parameter", `size: ${size} became ${width}x${height}`);
  }
  return { size: `${width}x${height}` };
}

function qualityField({ body }: ImageWish, family: Family, losses: Losses): Fields {
  const quality = own(body, "quality");
  if (typeof quality !== "string" || !family.fields.includes("quality")) return {};
  const word = Object.hasOwn(family.qualities, quality) ? family.qualities[quality] : undefined;
  if (word === undefined) return {};
  if (!isPlain(quality) && quality !== "hd" && quality !== "high") {
    losses.add("parameter", `quality: ${quality} became ${word}`);
  }
  return { quality: word };
}

/** Words for "as usual". */
function isPlain(quality: unknown): boolean {
  return quality === "auto" || quality === "standard";
}

function isFamilyField(field: string): boolean {
  return (familyFields as readonly string[]).includes(field);
}

function split(count: number, most: number): readonly number[] {
  const counts: number[] = [];
  for (let left = count; left > 0; left -= most) counts.push(Math.min(left, most));
  return counts;
}
