// Makes a photo smaller before it is sent, under its own name. What a camera writes along (place, time, make) is gone then.
const SIDE = 1600;
const QUALITY = 0.8;
const WORTH = 0.8;

/** The photo with sides of at most 1600 pixels, in its own kind; null where that can't be done, or is not worth it.
 * @param {File} file @returns {Promise<File | null>} */
export async function smaller(file) {
  try {
    const picture = await createImageBitmap(file);
    const by = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * by)));
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
    picture.close();
    const made = await new Promise((done) => canvas.toBlob(done, file.type, QUALITY));
    const fits = made?.type === file.type && made.size < file.size * WORTH;
    return fits ? new File([made], file.name, { type: file.type, lastModified: file.lastModified }) : null;
  } catch {
    return null;
  }
}
