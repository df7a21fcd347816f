/* The library page: puts its parts together. */

import "./arrivals.js";
import "./bulk.js";
import "./dialogs.js";
import "./drop_zone.js";
import * as grid from "./grid.js";
import "./index_progress.js";
import "./menu.js";
import "./navigate.js";
import "./own_picture.js";
import { open } from "./panel.js";
import "./part.js";
import "./search_box.js";
import "./selection_bar.js";
import "./tray.js";
import "./upload_dialog.js";
import "./whole_images.js";

const begin = () => grid.prepare();

document.addEventListener("iris:view", begin);
begin();

const asset = new URL(location.href).searchParams.get("asset");
if (asset) open(asset, { focus: false });
