/* csv.h: tables in CSV files. */
#pragma once

#include <rightful/connector.h>

extern const Connector csv_connector;
