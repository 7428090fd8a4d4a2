/* layout.h: what stands around every page, and pages as bytes. */
#pragma once

#include "web/request.h"

/* The reply's body as it goes out: the page in its layout, or the model as JSON, or the reply's own
 * body; sets content_type. Newly allocated. */
GString *layout_render(const Request *request, Reply *reply);

/* All templates of the program, parsed and checked. */
TemplateSet *layout_templates(GError **error);
