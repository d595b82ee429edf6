// "On your phone": a code to scan, which works once.

import { made, part, post, withCode } from "./words.js";

/** `token` gives what a request of this page shows. */
export function offerPhone(token) {
  part("phone-code").addEventListener("click", async () => {
    part("phone-shown").replaceChildren(made("p", "", "Making a code …"));
    part("phone-box").showModal();
    try {
      const got = await post("/phone-code", await token(), {});
      if (got.ok) show(await got.json());
      else part("phone-shown").replaceChildren(made("p", "", ...withCode((await got.text()).trim())));
    } catch {
      part("phone-shown").replaceChildren(made("p", "", "The preview has ended."));
    }
  });
}

function show({ url, svg }) {
  const picture = made("div", "qr");
  picture.append(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement);
  const words = "Scan this with a phone in the same network. The code works once, for fifteen minutes. The phone sees the mail as an invented reader gets it, and nothing of your list.";
  part("phone-shown").replaceChildren(picture, made("p", "", words), made("p", "", made("code", "", url)));
}
