// The content security policy allows no inline script, so the two lines that start the page are a file.
import init from './holdfast-ui.js';

// The last chosen theme, so that nothing flashes before the settings are read.
const theme = localStorage.getItem('theme');
if (theme) document.documentElement.dataset.theme = theme;

init();
