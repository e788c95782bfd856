#pragma once

/// How many processors this process may run on: its affinity mask, as taskset and container CPU sets leave it. At least 1.
int cplatform_usable_processors(void);
