/* output.h: the files of the synthetic company. */
#pragma once

#include "company.h"
#include "writer.h"

void write_directory(Writer *w, const Company *c);
void write_people(Writer *w, const Company *c);
void write_assets(Writer *w, const Company *c);
void write_approvals(Writer *w, const Company *c);
