/** The three ways to images, both ways: what is asked, and what an OpenAI client is answered. */
import { describe, expect, it } from "vitest";
import { imagesTarget as target, optionsFor, write, type WrittenCall } from "./__fixtures__/media.ts";
import { streamedUsage, writeMedia, type MediaProvider } from "./index.ts";

const png = "iVBORw0KGgoAAAANSUhEUg==";
const jpeg = "/9j/4AAQSkZJRg==";
const prompt = "a red panda";

function images(body: object, provider: Partial<MediaProvider>, model: string): WrittenCall {
  return write("images", { prompt, ...body }, { target, provider, model });
}

describe("what is no call for images", () => {
  it.each([
    ["a body that is no object", null, /object/],
    ["no prompt", {}, /`prompt`/],
    ["a blank prompt", { prompt: " " }, /`prompt`/],
    ["none", { prompt, n: 0 }, /`n`/],
    ["eleven", { prompt, n: 11 }, /`n`/],
    ["one and a half", { prompt, n: 1.5 }, /`n`/],
    ["a size of numbers", { prompt, size: 1024 }, /`size`/],
    ["another answer", { prompt, response_format: "file" }, /`response_format`/],
  ])("%s", (_, body, message) => {
    const written = writeMedia("images", body, optionsFor({ target }));
    expect(written).toMatchObject({
      ok: false,
      error: { kind: "bad-request", message: expect.stringMatching(message) },
    });
  });
});

describe("OpenAI's way", () => {
  const openai = { id: "openai" };

  it("gpt-image: the call as it came, and its answer too", () => {
    const body = {
      model: "gpt-image-1",
      prompt,
      n: 2,
      size: "1536x1024",
      quality: "high",
      background: "transparent",
      output_format: "webp",
      output_compression: 80,
      moderation: "low",
      user: "u-1",
    };
    const call = images(body, openai, "gpt-image-1");
    expect(call.path).toBe("/images/generations");
    expect(call.bodies).toEqual([body]);
    expect(call.losses).toEqual([]);
    const read = call.answer({
      created: 1,
      background: "transparent",
      data: [{ b64_json: png }, { b64_json: png }],
      usage: {
        total_tokens: 100,
        input_tokens: 50,
        output_tokens: 50,
        input_tokens_details: { text_tokens: 10, image_tokens: 40 },
      },
    });
    expect(read).toMatchObject({ body: null, usage: { input: 50, output: 50 }, losses: [] });
  });
  it("a call meant for dall-e-3 is fitted to gpt-image, and its link is made of the bytes", () => {
    const body = {
      model: "dall-e-3",
      n: 1,
      size: "1792x1024",
      quality: "hd",
      style: "vivid",
      response_format: "url",
    };
    const call = images(body, openai, "gpt-image-1");
    expect(call.bodies).toEqual([{ model: "gpt-image-1", prompt, n: 1, size: "1536x1024", quality: "high" }]);
    expect(call.losses).toEqual([
      "parameter: size: 1792x1024 became 1536x1024",
      "parameter: style: gpt-image-1 has no such field",
    ]);
    const read = call.answer({ created: 1, output_format: "jpeg", data: [{ b64_json: jpeg }] });
    expect(read.body).toEqual({
      created: 1,
      output_format: "jpeg",
      data: [{ url: `data:image/jpeg;base64,${jpeg}` }],
    });
  });
  it("a call meant for gpt-image is fitted to dall-e-3, which draws one at a time and must be told to send bytes", () => {
    const body = { model: "gpt-image-1", n: 2, size: "1024x1536", quality: "low", background: "opaque" };
    const call = images(body, openai, "dall-e-3");
    const one = {
      model: "dall-e-3",
      prompt,
      n: 1,
      size: "1024x1792",
      quality: "standard",
      response_format: "b64_json",
    };
    expect(call.bodies).toEqual([one, one]);
    expect(call.losses).toEqual([
      "parameter: size: 1024x1536 became 1024x1792",
      "parameter: quality: low became standard",
      "parameter: background: dall-e-3 has no such field",
    ]);
    const replies = [7, 8].map((created) => ({
      created,
      data: [{ b64_json: png, revised_prompt: "a big red panda" }],
    }));
    const image = { b64_json: png, revised_prompt: "a big red panda" };
    expect(call.answer(...replies).body).toEqual({ created: 7, data: [image, image] });
    // Images that were drawn before a failure are not thrown away.
    expect(call.answer(replies[0])).toMatchObject({ body: null, losses: ["reply: 1 of 2 images were made"] });
  });
  it("dall-e-2 draws squares", () => {
    const call = images({ size: "1536x864", quality: "auto" }, openai, "dall-e-2");
    expect(call.bodies).toEqual([{ model: "dall-e-2", prompt, size: "1024x1024", response_format: "url" }]);
    expect(call.losses).toEqual(["parameter: size: 1536x864 became 1024x1024"]);
    const small = images({ size: "256x256" }, openai, "dall-e-2");
    expect(small.losses).toEqual([]);
  });
  it("gpt-image-2 takes any size", () => {
    const call = images({ size: "1536x864", response_format: "b64_json" }, openai, "gpt-image-2");
    expect(call.bodies).toEqual([{ model: "gpt-image-2", prompt, size: "1536x864" }]);
    expect(call.losses).toEqual([]);
  });
  it("`auto` is a size where the model has that word, and left out where it has not", () => {
    expect(images({ size: "auto" }, openai, "gpt-image-1").bodies[0]?.["size"]).toBe("auto");
    expect(images({ size: "auto" }, openai, "dall-e-3").bodies[0]).not.toHaveProperty("size");
  });
  it("xAI's model has neither size nor quality", () => {
    const call = images({ size: "1024x1024", quality: "high" }, { id: "xai" }, "grok-2-image");
    expect(call.bodies).toEqual([{ model: "grok-2-image", prompt, response_format: "url" }]);
    expect(call.losses).toEqual(["parameter: size: 1024x1024", "parameter: quality: grok-2-image has no such field"]);
  });
  it("xAI's newer ones take a shape of their own", () => {
    const call = images({ aspect_ratio: "16:9", size: "auto", quality: "low" }, { id: "xai" }, "grok-imagine-image");
    expect(call.bodies).toEqual([
      { model: "grok-imagine-image", prompt, aspect_ratio: "16:9", quality: "low", response_format: "url" },
    ]);
    expect(call.losses).toEqual([]);
  });
  it("a server that is not known gets the body as it is", () => {
    const body = { model: "asked", prompt, size: "2K", watermark: false, response_format: "b64_json" };
    const call = images(body, { id: "mine" }, "seedream-4");
    expect(call.bodies).toEqual([{ ...body, model: "seedream-4" }]);
    expect(call.losses).toEqual([]);
  });
  it("a link where bytes were wanted stays a link, by name; one that holds the bytes gives them", () => {
    const call = images({ response_format: "b64_json" }, { id: "mine" }, "some-model");
    const link = { created: 1, data: [{ url: "https://cdn.example/a.png" }] };
    expect(call.answer(link)).toMatchObject({
      body: null,
      losses: ["response-format: the provider sent a link to the image, not its bytes"],
    });
    const inline = { created: 1, data: [{ url: `data:image/png;base64,${png}` }] };
    expect(call.answer(inline).body).toEqual({ created: 1, data: [{ b64_json: png }] });
  });
  it("a client that said nothing to a model nobody knows gets what comes", () => {
    const call = images({ model: "flux" }, { id: "mine" }, "flux");
    expect(call.answer({ created: 1, data: [{ b64_json: png }] }).body).toBeNull();
    expect(call.answer({ created: 1, data: [{ url: "https://cdn.example/a.png" }] }).body).toBeNull();
  });
  it("a reply without images is an error", () => {
    const call = images({}, openai, "gpt-image-1");
    expect(() => call.answer({ created: 1, data: [] })).toThrow(/protocol: the upstream's reply holds no images/);
    expect(() => call.answer({})).toThrow(/protocol/);
  });
  it("a stream is passed on, where there is one", () => {
    const body = { stream: true, partial_images: 2 };
    expect(images(body, openai, "gpt-image-1")).toMatchObject({ streams: true, bodies: [{ ...body, prompt }] });
    expect(images(body, { id: "mine" }, "some-model").streams).toBe(true);
    expect(() => images(body, openai, "dall-e-3")).toThrow(/unsupported: .*stream/);
  });
  it("a stream's last event says what was counted", () => {
    const data = JSON.stringify({ type: "image_generation.completed", usage: { input_tokens: 5, output_tokens: 9 } });
    expect(streamedUsage("image_generation.completed", data)).toMatchObject({ input: 5, output: 9 });
    expect(streamedUsage("image_generation.partial_image", data)).toBeNull();
    expect(streamedUsage("image_generation.completed", "{")).toBeNull();
  });
});

describe("in pixels", () => {
  it("Nebius: width and height, its own words, one image each call with a seed of its own", () => {
    const body = {
      n: 2,
      size: "1024x768",
      response_format: "b64_json",
      output_format: "jpeg",
      quality: "high",
      user: "u-1",
      negative_prompt: "blue",
      steps: 28,
      seed: 7,
      guidance_scale: 3,
    };
    const call = images(body, { id: "nebius" }, "black-forest-labs/flux-dev");
    const one = {
      model: "black-forest-labs/flux-dev",
      prompt,
      width: 1024,
      height: 768,
      num_inference_steps: 28,
      negative_prompt: "blue",
      response_extension: "jpg",
      response_format: "b64_json",
      guidance_scale: 3,
    };
    expect(call.path).toBe("/images/generations");
    expect(call.bodies).toEqual([
      { ...one, seed: 7 },
      { ...one, seed: 8 },
    ]);
    expect(call.losses).toEqual(["parameter: user", "parameter: quality"]);
    const reply = { data: [{ b64_json: jpeg, url: null, revised_prompt: null }], id: "text2img-1" };
    const read = call.answer(reply, reply);
    expect(read.body).toMatchObject({ created: 1_700_000_000, data: [{ b64_json: jpeg }, { b64_json: jpeg }] });
    expect(call.answer(reply).losses).toEqual(["reply: 1 of 2 images were made"]);
  });
  it("Nebius, by its address and with nothing said", () => {
    const provider = { id: "pictures", server: "api.tokenfactory.nebius.com/v1" };
    const call = images({ size: "auto" }, provider, "flux");
    expect(call.bodies).toEqual([{ model: "flux", prompt, response_format: "url" }]);
  });
  it("Together", () => {
    const body = { n: 5, size: "512x512", response_format: "b64_json", output_format: "webp" };
    const call = images(body, { id: "together" }, "black-forest-labs/FLUX.1-schnell");
    const one = {
      model: "black-forest-labs/FLUX.1-schnell",
      prompt,
      width: 512,
      height: 512,
      response_format: "base64",
    };
    expect(call.bodies).toEqual([{ ...one, n: 4 }, one]);
    expect(call.losses).toEqual(["parameter: output_format: webp"]);
  });
  it("SiliconFlow: the size as one text, the images under their own name", () => {
    const call = images({ n: 2, size: "1024x1024" }, { id: "siliconflow" }, "Kwai-Kolors/Kolors");
    expect(call.bodies).toEqual([{ model: "Kwai-Kolors/Kolors", prompt, image_size: "1024x1024", batch_size: 2 }]);
    const reply = { images: [{ url: "https://a.example/1" }, { url: "https://a.example/2" }], timings: {}, seed: 1 };
    expect(call.answer(reply).body).toEqual({
      created: 1_700_000_000,
      data: [{ url: "https://a.example/1" }, { url: "https://a.example/2" }],
    });
  });
  it("has no stream", () => {
    expect(() => images({ stream: true }, { id: "nebius" }, "flux")).toThrow(/unsupported/);
  });
});

describe("Gemini's way", () => {
  const gemini = { id: "gemini", format: "gemini" } as const;
  const model = "gemini-2.5-flash-image";

  function reply(parts: readonly unknown[], usage: object = {}) {
    return {
      candidates: [{ content: { role: "model", parts }, finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 1290, totalTokenCount: 1294, ...usage },
      modelVersion: "gemini-2.5-flash-image",
    };
  }
  const drawn = { inlineData: { mimeType: "image/png", data: png } };

  it("one turn that asks for pictures, one call for each", () => {
    const call = images({ n: 2, size: "1536x1024", response_format: "b64_json", user: "u-1" }, gemini, model);
    expect(call.path).toBe("/models/gemini-2.5-flash-image:generateContent");
    const body = {
      contents: [{ role: "user", parts: [{ text: prompt }] }],
      generationConfig: { responseModalities: ["TEXT", "IMAGE"], imageConfig: { aspectRatio: "3:2" } },
    };
    expect(call.bodies).toEqual([body, body]);
    expect(call.losses).toEqual(["parameter: size: 1536x1024 became aspect ratio 3:2", "parameter: user"]);
    const read = call.answer(reply([{ text: "Here it is." }, drawn]), reply([drawn], { thoughtsTokenCount: 10 }));
    expect(read.body).toEqual({
      created: 1_700_000_000,
      data: [{ b64_json: png }, { b64_json: png }],
      usage: {
        input_tokens: 8,
        output_tokens: 2590,
        total_tokens: 2598,
        input_tokens_details: { text_tokens: 8, image_tokens: 0 },
      },
    });
    expect(read).toMatchObject({
      usage: { input: 8, output: 2590, reasoning: 10 },
      model: "gemini-2.5-flash-image",
      losses: ["reply: text that came with the image"],
    });
  });
  it.each([
    ["1024x1024", "gemini-2.5-flash-image", { aspectRatio: "1:1" }, 0],
    ["1792x1024", "gemini-2.5-flash-image", { aspectRatio: "16:9" }, 1],
    ["1024x1792", "gemini-2.5-flash-image", { aspectRatio: "9:16" }, 1],
    ["2048x2048", "gemini-2.5-flash-image", { aspectRatio: "1:1" }, 1],
    ["2048x2048", "gemini-3-pro-image", { aspectRatio: "1:1", imageSize: "2K" }, 1],
    ["3840x2160", "gemini-3-pro-image", { aspectRatio: "16:9", imageSize: "2K" }, 1],
    ["4096x4096", "gemini-3-pro-image", { aspectRatio: "1:1", imageSize: "4K" }, 1],
    ["16:9", "gemini-3-pro-image", { aspectRatio: "16:9" }, 0],
    ["auto", "gemini-3-pro-image", undefined, 0],
    ["tall", "gemini-3-pro-image", undefined, 1],
  ] as const)("size %s at %s is %j", (size, name, imageConfig, losses) => {
    const call = images({ size }, gemini, name);
    expect(call.bodies[0]?.["generationConfig"].imageConfig).toEqual(imageConfig);
    expect(call.losses).toHaveLength(losses);
  });
  it("a client that expects a link gets one that holds the bytes", () => {
    const call = images({ model: "dall-e-3" }, gemini, model);
    expect(call.answer(reply([drawn])).body?.["data"]).toEqual([{ url: `data:image/png;base64,${png}` }]);
  });
  it("drafts that are shown as thoughts are no images", () => {
    const call = images({}, gemini, model);
    const read = call.answer(reply([{ ...drawn, thought: true }, { text: "hm", thought: true }, drawn]));
    expect(read.body?.["data"]).toHaveLength(1);
    expect(read.losses).toEqual([]);
  });
  it("another file format than was asked for is named", () => {
    const call = images({ output_format: "webp" }, gemini, model);
    expect(call.losses).toEqual([]);
    expect(call.answer(reply([drawn])).losses).toEqual(["reply: the image came as png, not as webp"]);
  });
  it("each image has a seed of its own", () => {
    const call = images({ n: 2, seed: 5 }, gemini, model);
    expect(call.bodies.map((body) => body["generationConfig"].seed)).toEqual([5, 6]);
  });
  it.each([
    ["the prompt was blocked", { promptFeedback: { blockReason: "SAFETY" } }, /content-policy: .*SAFETY/],
    ["the picture was", { candidates: [{ finishReason: "IMAGE_SAFETY" }] }, /content-policy: .*IMAGE_SAFETY/],
    ["the model only talked", reply([{ text: "I cannot draw." }]), /malformed-reply: .*I cannot draw\./],
    ["there is nothing", {}, /malformed-reply: the model made no image$/],
  ])("no image because %s", (_, body, message) => {
    expect(() => images({}, gemini, model).answer(body)).toThrow(message);
  });
  it("in Gemini CLI's envelope", () => {
    const call = write(
      "images",
      { prompt },
      {
        target,
        provider: { id: "gemini-cli", format: "gemini-cli" },
        model,
        project: "p-1",
      },
    );
    expect(call.path).toBe("/v1internal:generateContent");
    expect(call.bodies).toEqual([
      {
        model,
        project: "p-1",
        user_prompt_id: "flow-1",
        request: {
          contents: [{ role: "user", parts: [{ text: prompt }] }],
          generationConfig: { responseModalities: ["TEXT", "IMAGE"] },
        },
      },
    ]);
    const read = call.answer({ response: reply([drawn]), traceId: "t" });
    expect(read.body?.["data"]).toEqual([{ url: `data:image/png;base64,${png}` }]);
  });
  it("in Antigravity's envelope, with names that are ours", () => {
    const provider = { id: "antigravity", format: "antigravity" } as const;
    const call = write("images", { prompt, n: 2 }, { target, provider, model: "gemini-3-pro-image", project: "p-1" });
    expect(call.bodies).toMatchObject([
      {
        model: "gemini-3-pro-image",
        project: "p-1",
        userAgent: "antigravity",
        requestType: "image_gen",
        requestId: "flow-1",
      },
      { requestId: "flow-1-2" },
    ]);
    expect(call.answer({ response: reply([drawn]) }).losses).toEqual(["reply: 1 of 2 images were made"]);
  });
  it("has no stream", () => {
    expect(() => images({ stream: true }, gemini, model)).toThrow(/unsupported/);
  });
});

describe("who makes no images is not asked", () => {
  it.each([
    { id: "claude", format: "claude" },
    { id: "codex", format: "openai-responses", variant: "codex" },
    { id: "copilot", format: "openai-chat", variant: "copilot" },
  ] as const)("$id", (provider) => {
    expect(() => images({}, provider, "m")).toThrow(/unsupported: .* makes no images/);
  });
});
