<?php
// What a scenario says about the service provider. Read for every request, so no scenario needs a restart.
$metadata = json_decode(file_get_contents(getenv('INTEROP_DIR') . '/sp-remote.json'), true);
