// What is passed on; page.py gives the functions to Gradio by their names, and hub/web imports them.

/** A file to a phone's other apps, to the downloads of a computer. */
export async function passOn(file) {
  if (!file) return;
  if (matchMedia('(pointer: coarse)').matches && navigator.canShare?.({files: [file]})) {
    await navigator.share({files: [file], title: 'Sketch2Photo'}).catch(() => {}); // whoever closes it has changed their mind
    return;
  }
  const link = Object.assign(document.createElement('a'), {href: URL.createObjectURL(file), download: file.name});
  link.click();
  URL.revokeObjectURL(link.href);
}

/** A file of a square picture of a drawing (an address) and its photograph (an address, or Gradio's {url}), with the page's name. */
export async function card(drawing, photo) {
  if (!drawing || !photo) return null;
  const SIDE = 1080;
  const canvas = Object.assign(document.createElement('canvas'), {width: SIDE, height: SIDE});
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff7ed';
  context.fillRect(0, 0, SIDE, SIDE);
  context.imageSmoothingQuality = 'high';
  for (const [address, x] of [
    [drawing, 36],
    [photo.url ?? photo, 552],
  ]) {
    const picture = Object.assign(new Image(), {src: address});
    await picture.decode();
    context.save();
    context.beginPath();
    context.roundRect(x, 270, 492, 492, 24);
    context.clip();
    context.fillStyle = 'white';
    context.fillRect(x, 270, 492, 492);
    context.drawImage(picture, x, 270, 492, 492);
    context.restore();
  }
  const write = (text, y, size, colour, weight = 'normal') => {
    const font = px => `${weight} ${px}px system-ui, sans-serif`;
    Object.assign(context, {font: font(size), fillStyle: colour, textAlign: 'center'});
    const most = SIDE - 72; // what is longer is smaller: `fillText` would press it together
    context.font = font(Math.min(size, Math.floor((size * most) / context.measureText(text).width)));
    context.fillText(text, SIDE / 2, y, most);
  };
  write('Sketch2Photo', 170, 84, '#1e2733', 'bold');
  write(document.querySelector('#subtitle').textContent.trim(), 850, 34, '#1e2733');
  write(location.host + location.pathname.replace(/\/$/, ''), 960, 34, '#c2410c');
  const blob = await new Promise(done => canvas.toBlob(done, 'image/png'));
  return new File([blob], 'sketch2photo-card.png', {type: 'image/png'});
}
